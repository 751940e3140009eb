using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Support;

/// <summary>The built program, <c>out/portolan</c>, as people run it.</summary>
internal static class PortolanProgram
{
    /// <summary>The user that stands for everybody without privilege.</summary>
    private const string Nobody = "65534";

    private static readonly Lazy<string> Public = new(CopyWhereAnyoneMayRunIt);

    public static string Path { get; } = FindProgram();

    public static bool IsRoot => Environment.IsPrivilegedProcess;

    public static RunResult Run(params string[] args) => Programs.Run(Path, args);

    public static RunResult RunWith(IReadOnlyDictionary<string, string?> environment, params string[] args) =>
        Programs.Run(Path, args, environment: environment);

    public static RunningProgram Start(params string[] args) => Programs.Start(Path, args);

    /// <summary>Runs as an ordinary user. Skips the test when the tests have not the privilege to become one.</summary>
    public static RunResult RunAsNobody(params string[] args) =>
        AsNobody(args) is [var path, .. var rest] ? Programs.Run(path, rest) : throw new InvalidOperationException();

    /// <summary>
    /// The command line that runs the program as an ordinary user. Skips the test when the tests have not the privilege to become one.
    /// </summary>
    /// <param name="args">The program's arguments.</param>
    /// <param name="privileges">What setpriv(1) leaves it, such as <c>--ambient-caps +net_raw</c>.</param>
    public static string[] AsNobody(string[] args, params string[] privileges)
    {
        Assert.SkipUnless(IsRoot, "only root can become another user");
        var setpriv = Programs.Find("setpriv", "/usr/bin/setpriv");
        return [setpriv, "--reuid", Nobody, "--regid", Nobody, "--clear-groups", .. privileges, "--", Public.Value, .. args];
    }

    /// <summary>The commands that have a page in docs/cli, those of a group by both words: <c>firewall-show</c>.</summary>
    public static string[] Pages() =>
        [.. Directory.GetFiles(Repository.PathOf("docs", "cli"), "portolan-*.md").Select(
            f => System.IO.Path.GetFileNameWithoutExtension(f)["portolan-".Length..])];

    /// <summary>The commands of the first level that docs/cli names.</summary>
    public static IEnumerable<string> Commands()
    {
        var pages = Pages();
        return pages.Where(page => !Array.Exists(pages, group => page.StartsWith(group + "-", StringComparison.Ordinal)));
    }

    private static string FindProgram()
    {
        var path = Repository.PathOf("out", "portolan");
        return File.Exists(path) ? path : throw new InvalidOperationException("out/portolan is not built: run scripts/build");
    }

    /// <summary>A checkout may lie where only its owner can go.</summary>
    private static string CopyWhereAnyoneMayRunIt()
    {
        var folder = Directory.CreateTempSubdirectory("portolan-e2e-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        foreach (var name in new[] { "portolan", "portolan-server" })
        {
            var copy = System.IO.Path.Combine(folder, name);
            File.Copy(Repository.PathOf("out", name), copy);
            File.SetUnixFileMode(copy, (UnixFileMode)0b111_101_101);
        }

        return System.IO.Path.Combine(folder, "portolan");
    }
}
