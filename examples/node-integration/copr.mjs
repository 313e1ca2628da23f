// The ids of a project's failed builds.
export async function failedBuilds(copr, ownername, projectname) {
  const ids = [];
  for (let offset = 0; ; offset += 50) {
    const query = new URLSearchParams({ ownername, projectname, limit: 50, offset });
    const response = await fetch(`${copr}/api_3/build/list?${query}`);
    if (!response.ok) throw new Error(`Copr responded with ${response.status}`);
    const { items } = await response.json();
    ids.push(...items.filter((build) => build.state === "failed").map((build) => build.id));
    if (items.length < 50) return ids;
  }
}
