SRPM=https://example.com/hello-2.12-1.src.rpm

setup_file() {
  # Builds end at their first poll, so copr-cli does not wait. bats waits for programs that keep its descriptor 3 open.
  copr-chroot-fake serve --port 0 --progress immediate > "$BATS_FILE_TMPDIR/url" 3>&- &
  export SERVER=$!
  until grep --quiet "Page" "$BATS_FILE_TMPDIR/url"; do sleep 0.05; done
  read -r _ _ COPR_URL < "$BATS_FILE_TMPDIR/url"
  export COPR_URL
}

teardown_file() {
  kill "$SERVER"
}

setup() {
  # Each test has a world of the server, and copr-cli reads ~/.config/copr.
  export WORLD="$COPR_URL/worlds/test-$BATS_TEST_NUMBER" HOME=$BATS_TEST_TMPDIR
  mkdir "$HOME/.config"
  printf '%s\n' "[copr-cli]" "copr_url = $WORLD" "username = jdoe" "login = jdoe" "token = token" \
    "encrypted = False" > "$HOME/.config/copr"
  copr-cli create hello --chroot fedora-43-x86_64
}

@test "a package that is built is released" {
  run bash "$BATS_TEST_DIRNAME/release.sh" hello "$SRPM"
  [ "$status" -eq 0 ]
  [ "${lines[-1]}" = "released" ]
}

@test "a failed build is not released" {
  curl --silent --fail "$WORLD/_fake/submission-rules" --data '{"lifecycle": "fails"}'
  run bash "$BATS_TEST_DIRNAME/release.sh" hello "$SRPM"
  [ "$status" -eq 1 ]
  [ "${lines[-1]}" = "not released: $SRPM" ]
}
