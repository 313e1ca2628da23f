module example.com/gointegration

go 1.21
