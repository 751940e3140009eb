using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary><c>./portolan</c>: the check that comes before the program. It runs on a copy with a program of its own.</summary>
public sealed class LauncherTests : IDisposable
{
    /// <summary>What the program is built from outside src.</summary>
    private static readonly string[] BesideTheCode =
        ["samples/lab/office.yaml", "data/registry.txt", "Directory.Build.props", "Directory.Packages.props", "global.json"];

    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    private readonly TemporaryFolder _folder = new();

    public LauncherTests()
    {
        File.SetUnixFileMode(_folder.Path, Executable);
        foreach (var name in new[] { "portolan", "scripts/build", "scripts/dotnet.sh" })
        {
            Write(name, File.ReadAllText(Repository.PathOf(name.Split('/'))));
        }

        Write("src/Layer/Source.cs", "class Source;");
        Write("out/portolan", "#!/bin/sh\necho \"ran with $*\"\n");
        Write(
            "artifacts/freshness.sh",
            "is_stale() { for source in \"$root/src/Layer\" \"$root/src/Layer/Source.cs\"; do [ \"$source\" -nt \"$root/out/portolan\" ] "
                + "&& return 0; done; return 1; }");
        Touch("out/portolan", 1);
    }

    private static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_fresh_program_is_run_with_all_arguments_and_nothing_is_written()
    {
        var before = Times();
        var result = Programs.Run(_folder["portolan"], ["a b", "--", "c"]).Expect(0);
        Assert.Equal(("ran with a b -- c\n", ""), (result.Output, result.Error));
        Assert.Equal(before, Times());
    }

    [Fact]
    public void It_works_from_anywhere_and_through_links()
    {
        File.CreateSymbolicLink(_folder["first"], "portolan");
        Directory.CreateDirectory(_folder["deep"]);
        File.CreateSymbolicLink(_folder["deep", "second"], "../first");
        Assert.Equal("ran with x\n", Programs.Run(_folder["deep", "second"], ["x"], folder: "/").Expect(0).Output);
        Assert.Equal("ran with x\n", Programs.Run("/bin/sh", ["portolan", "x"], folder: _folder.Path).Expect(0).Output);
        Assert.Equal("ran with x\n", Programs.Run("/bin/sh", ["../portolan", "x"], folder: _folder["deep"]).Expect(0).Output);
    }

    [Fact]
    public void It_works_in_another_network_namespace_and_as_another_user()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root can become another user");
        var unshare = Programs.Find("unshare", "/usr/bin/unshare");
        var setpriv = Programs.Find("setpriv", "/usr/bin/setpriv");
        Assert.Equal("ran with x\n", Programs.Run(unshare, ["-n", _folder["portolan"], "x"]).Expect(0).Output);
        Assert.Equal(
            "ran with x\n", Programs.Run(setpriv, ["--reuid", "65534", "--clear-groups", _folder["portolan"], "x"]).Expect(0).Output);
    }

    [Theory]
    [InlineData("src/Layer/Source.cs")]
    [InlineData("src/Layer")]
    public void Another_user_is_told_when_a_source_is_newer_than_the_program(string newer)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root can become another user");
        Touch(newer, 2);
        var setpriv = Programs.Find("setpriv", "/usr/bin/setpriv");
        var result = Programs.Run(setpriv, ["--reuid", "65534", "--clear-groups", _folder["portolan"], "x"]).Expect(3);
        Assert.Equal("", result.Output);
        Assert.Contains($"may not write to {_folder.Path}", result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: a source is newer than out/portolan", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_sdk_the_missing_package_is_named()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root can hide the SDK");
        var unshare = Programs.Find("unshare", "/usr/bin/unshare");
        Touch("src/Layer/Source.cs", 2);
        const string hide = "for d in /usr/share/dotnet /usr/lib/dotnet; do [ ! -d $d ] || mount -t tmpfs none $d; done; exec \"$@\"";
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/bin:/bin",
            ["HOME"] = _folder.Path,
            ["DOTNET_ROOT"] = null,
        };
        var result = Programs.Run(unshare, ["-m", "/bin/sh", "-c", hide, "sh", _folder["portolan"]], environment: environment).Expect(3);
        Assert.Equal("", result.Output);
        Assert.Contains("dotnet-sdk-10.0", result.Error, StringComparison.Ordinal);
    }

    /// <summary>dotnet ends with 0 when it is told to end by SIGTERM.</summary>
    [Fact]
    public void A_build_that_published_nothing_is_no_build()
    {
        foreach (var name in BesideTheCode)
        {
            Write(name, "");
        }

        Write("scripts/fresh.c", "");
        Write("artifacts/native/program/portolan", "#!/bin/sh\necho old\n");
        Write("sdk/dotnet", "#!/bin/sh\n[ \"$1\" != --version ] || echo 10.0.100\n");
        var environment = new Dictionary<string, string?>(
            StringComparer.Ordinal)
        { ["PATH"] = $"{_folder["sdk"]}:{Environment.GetEnvironmentVariable("PATH")}" };

        var result = Programs.Run(_folder["scripts", "build"], [], environment: environment).Expect(3);

        Assert.DoesNotContain("built out/portolan", result.Error, StringComparison.Ordinal);
        Assert.Contains("the build failed", result.Error, StringComparison.Ordinal);
        Assert.Equal("ran with x\n", Programs.Run(_folder["out", "portolan"], ["x"]).Expect(0).Output);
    }

    [Theory]
    [InlineData("lab list", true)]
    [InlineData("--json fleet jobs", true)]
    [InlineData("agent", true)]
    [InlineData("watch --every 10s", true)]
    [InlineData("scan 198.18.0.1 --fleet", true)]
    [InlineData("check https://198.18.0.1 --vantage=all", true)]
    [InlineData("scan 198.18.0.1", false)]
    [InlineData("list -- --fleet", false)]
    [InlineData("serve --help", false)]
    public void The_first_run_of_a_checkout_builds_each_program_it_needs_once_and_the_second_none(string typed, bool isServers)
    {
        foreach (var name in BesideTheCode)
        {
            Write(name, "");
        }

        Write("scripts/fresh.c", File.ReadAllText(Repository.PathOf("scripts", "fresh.c")));
        Write(
            "sdk/dotnet",
            """
            #!/bin/sh
            [ "$1" != publish ] || echo "$2" >>"${0%/*}/published"
            for last in "$@"; do
                case $last in
                    -p:PortolanPublished=*) : >"${last#*=}" ;;
                esac
            done
            case $1 in
                --version) echo 10.0.100 ;;
                publish) mkdir -p "$last" && for name in portolan portolan-server; do printf '#!/bin/sh\necho "ran with $*"\n' >"$last/$name" && chmod 755 "$last/$name"; done ;;
            esac
            """);
        File.Delete(_folder["out", "portolan"]);
        File.Delete(_folder["artifacts", "freshness.sh"]);
        var environment = new Dictionary<string, string?>(
            StringComparer.Ordinal)
        { ["PATH"] = $"{_folder["sdk"]}:{Environment.GetEnvironmentVariable("PATH")}" };
        for (var run = 0; run < 2; run++)
        {
            Assert.Equal(
                $"ran with {typed}\n", Programs.Run(_folder["portolan"], typed.Split(' '), environment: environment).Expect(0).Output);
            Assert.Equal(
                ["src/Portolan.Cli/Portolan.Cli.csproj", .. isServers ? ["src/Portolan.Server/Portolan.Server.csproj"] : (string[])[]],
                File.ReadAllLines(_folder["sdk", "published"]));
        }
    }

    [Fact]
    public void The_lists_of_the_checkout_name_every_source_of_their_programs()
    {
        var sources = Repository.Files()
            .Where(static f => f.StartsWith("src/", StringComparison.Ordinal) && !f.EndsWith(".lock.json", StringComparison.Ordinal)
                && !f.EndsWith(".md", StringComparison.Ordinal)).ToList();
        Assert.Empty(sources.Except(PathsOf("freshness-server.list")));
        var layers = new HashSet<string>(StringComparer.Ordinal) { "Portolan.Cli" };
        for (var before = 0; before != layers.Count;)
        {
            before = layers.Count;
            layers.UnionWith(
                layers.ToList().SelectMany(l => XDocument.Load(Repository.PathOf("src", l, $"{l}.csproj")).Descendants("ProjectReference"))
                .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)));
        }

        Assert.Contains("Portolan.Model", layers);
        Assert.Contains("data/registry.txt", PathsOf("freshness.list"));
        Assert.Empty(
            sources.Where(f => f.Split('/') is not [_, var layer, _, ..] || layers.Contains(layer)).Except(PathsOf("freshness.list")));
    }

    private static string[] PathsOf(string list) => File.ReadAllText(Repository.PathOf("artifacts", list)).Split('\0');

    public static TheoryData<string> Changes => ["nothing", "edit", "add", "delete", "rename", "edit the last file", "no list"];

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_program_that_looks_for_itself_runs_as_it_is_only_when_no_source_is_newer(string change)
    {
        const int files = 500;
        MakeOneThatLooks(files);
        var isFresh = false;
        switch (change)
        {
            case "nothing":
                isFresh = true;
                break;
            case "edit":
                Touch("src/Layer/Source200.cs", 2);
                break;
            case "add":
                Write("src/Layer/Another.cs", "class Another;");
                Touch("src/Layer", 2);
                break;
            case "delete":
                File.Delete(_folder["src", "Layer", "Source300.cs"]);
                Touch("src/Layer", -2);
                break;
            case "rename":
                File.Move(_folder["src", "Layer", "Source300.cs"], _folder["src", "Layer", "Renamed.cs"]);
                Touch("src/Layer", -2);
                break;
            case "edit the last file":
                Touch($"src/Layer/Source{files - 1}.cs", 2);
                break;
            default:
                File.Delete(_folder["artifacts", "freshness.list"]);
                break;
        }

        // What the registry has, and nothing of this host, which others change meanwhile.
        var words = (string[])["port", "--search", "x window"];
        var direct = Programs.Run(_folder["out", "portolan"], words);
        var result = Programs.Run(_folder["portolan"], words);
        Assert.Equal((direct.ExitCode, direct.Output), (result.ExitCode, result.Output));
        Assert.Equal((isFresh ? "" : "built\n") + direct.Error, result.Error);
    }

    [Fact]
    public void It_takes_no_standard_stream_that_is_closed_and_runs_as_it_is_when_the_launcher_has_built_it()
    {
        MakeOneThatLooks(files: 3);
        Write("show", "#!/bin/sh\n\"$1\" version </dev/null >/dev/null\nexec \"$1\" version <&- \n");
        Assert.StartsWith("portolan ", Programs.Run(_folder["show"], [_folder["portolan"]]).Expect(0).Output, StringComparison.Ordinal);
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["PORTOLAN_STALE"] = "1" };
        Assert.StartsWith(
            "portolan ", Programs.Run(_folder["portolan"], ["version"], environment: environment).Expect(0).Output,
            StringComparison.Ordinal);
    }

    /// <summary>The real program beside a build that says so and makes it newer than all sources.</summary>
    private void MakeOneThatLooks(int files)
    {
        Assert.SkipUnless(
            Programs.Run(PortolanProgram.Path, ["version"]).Output.Contains("compiled ahead of time", StringComparison.Ordinal),
            "only a program compiled ahead of time looks for itself");
        File.Copy(PortolanProgram.Path, _folder["out", "portolan"], overwrite: true);
        Write("scripts/build", "#!/bin/sh\necho built >&2\nfind \"${0%/*}/../src\" -exec touch -d '1 hour ago' {} +\n");
        var paths = new StringBuilder("src/Layer\0src/Layer/Source.cs\0");
        for (var i = 0; i < files; i++)
        {
            Write($"src/Layer/Source{i}.cs", "");
            paths.Append(CultureInfo.InvariantCulture, $"src/Layer/Source{i}.cs\0");
        }

        Write("artifacts/freshness.list", paths.ToString());
        Write("artifacts/freshness.sh", "is_stale() { return 0; }\nlooks_itself=1\n");
        Touch("src/Layer", -1);
        Touch("out/portolan", 1);
    }

    [Fact]
    public void The_fast_check_sees_a_newer_a_removed_and_an_unchanged_source()
    {
        var check = Programs.Find("a C compiler, so artifacts/fresh", Repository.PathOf("artifacts", "fresh"));
        Write("sources", "src/Layer\0src/Layer/Source.cs\0");
        int Check() => Programs.Run(check, [_folder["out", "portolan"], _folder["sources"], _folder.Path]).ExitCode;
        Touch("src/Layer/Source.cs", -2);
        Touch("src/Layer", -2);
        Assert.Equal(0, Check());
        Touch("src/Layer/Source.cs", 2);
        Assert.Equal(1, Check());
        File.Delete(_folder["src", "Layer", "Source.cs"]);
        Touch("src/Layer", -2);
        Assert.Equal(1, Check());
    }

    private void Write(string name, string text)
    {
        var path = _folder[name.Split('/')];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, Executable);
    }

    /// <summary>Makes something newer than all that was written before.</summary>
    private void Touch(string name, int seconds)
    {
        var path = _folder[name.Split('/')];
        if (Directory.Exists(path))
        {
            Directory.SetLastWriteTimeUtc(path, Now.AddSeconds(seconds));
        }
        else
        {
            File.SetLastWriteTimeUtc(path, Now.AddSeconds(seconds));
        }
    }

    private Dictionary<string, DateTime> Times() =>
        Directory.GetFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories).ToDictionary(
            f => f, File.GetLastWriteTimeUtc, StringComparer.Ordinal);
}
