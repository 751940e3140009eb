namespace Portolan.Tests.Support;

/// <summary>The checkout the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The files a clone has, apart from what is built or ignored; with / between folders.</summary>
    public static IEnumerable<string> Files()
    {
        string[] skipped = [".git", "artifacts", "out", "TestResults", "node_modules"];
        var folders = new Stack<string>([Root]);
        while (folders.TryPop(out var folder))
        {
            foreach (var child in Directory.EnumerateDirectories(folder).Where(
                d => !skipped.Contains(Path.GetFileName(d), StringComparer.Ordinal)))
            {
                folders.Push(child);
            }

            foreach (var file in Directory.EnumerateFiles(folder).Where(f => Path.GetFileName(f) != ".git"))
            {
                yield return Path.GetRelativePath(Root, file);
            }
        }
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Portolan.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests must run from inside the checkout");
        }

        return folder;
    }
}
