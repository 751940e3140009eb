using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary><c>./test</c> and <c>./test quick</c>: what is built, and which programs run with which words. They run on a copy.</summary>
public sealed class TestScriptTests : IDisposable
{
    // As many threads as the script takes: nproc(1) knows what this process may use, as the runtime does.
    private static readonly string Always =
        FormattableString.Invariant($"--no-progress\n--no-ansi\n--ignore-exit-code\n8\n--max-threads\n{2 * Environment.ProcessorCount}\n");

    private static readonly string[] Projects = ["Portolan.Tests", "Portolan.Kernel.Tests", "Portolan.EndToEnd.Tests"];

    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    private readonly TemporaryFolder _folder = new();

    public TestScriptTests()
    {
        File.SetUnixFileMode(_folder.Path, Executable);
        foreach (var name in new[] { "test", "scripts/dotnet.sh", "scripts/run-tests" })
        {
            Write(name, File.ReadAllText(Repository.PathOf(name.Split('/'))));
        }

        Write("scripts/prerequisites.sh", "install_for_the_build() { echo installed >>did; }\ninstall_for_the_tests() { :; }\n");
        Write("scripts/build", "#!/bin/sh\necho \"scripts/build $*\" >>did\n");
        Write("scripts/servers", "#!/bin/sh\necho \"scripts/servers $*\" >>servers\n");
        Write("scripts/page", "#!/bin/sh\necho page \"$*\" >>did\nprintf '  total: 3\\n  failed: 0\\n  succeeded: 2\\n  skipped: 1\\n'\n");
        Write("bin/dotnet", $"#!/bin/sh\necho \"dotnet $1 $2\" >>'{_folder["did"]}'\n");
        Ends("Portolan.Tests", passed: 3, failed: 0);
        Ends("Portolan.Kernel.Tests", passed: 5, failed: 0);
        Ends("Portolan.EndToEnd.Tests", passed: 7, failed: 0);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Quick_builds_and_runs_the_unit_tests_alone_and_installs_nothing()
    {
        var result = Run("quick", "--filter-class", "*a b*").Expect(0);
        Assert.EndsWith("\n3 passed, 0 failed, 0 skipped\n", result.Output, StringComparison.Ordinal);
        Assert.Equal("dotnet restore tests/Portolan.Tests\ndotnet build tests/Portolan.Tests\nPortolan.Tests", Did());
        Assert.Equal(Always + "--filter-not-trait\nQuick=no\n--filter-class\n*a b*\n", File.ReadAllText(_folder["Portolan.Tests.words"]));
    }

    [Fact]
    public void Without_it_all_is_built_and_run_and_every_word_goes_to_each_program()
    {
        var result = Run("--filter-class", "*a b*").Expect(0);
        Assert.EndsWith("\n15 passed, 0 failed, 1 skipped\n", result.Output, StringComparison.Ordinal);
        Assert.StartsWith(
            "installed\ndotnet restore Portolan.slnx\nscripts/build --if-stale --server\n"
            + "dotnet build Portolan.slnx\ndotnet format whitespace\n",
            Did(), StringComparison.Ordinal);
        Assert.Equal(Projects, Began());
        foreach (var program in Projects)
        {
            Assert.Equal(Always + "--filter-class\n*a b*\n", File.ReadAllText(_folder[program + ".words"]));
        }
    }

    [Fact]
    public void Without_words_the_page_is_tested_too()
    {
        var result = Run().Expect(0);
        Assert.EndsWith("\n17 passed, 0 failed, 2 skipped\n", result.Output, StringComparison.Ordinal);
        Assert.Equal([.. Projects, "page test"], Began());
    }

    [Fact]
    public void One_runs_after_the_other()
    {
        // Each has the folder for itself.
        var folder = _folder["running"];
        var alone = $"mkdir '{folder}' || exit 1; i=0; while [ $i -lt 50000 ]; do i=$((i + 1)); done; rmdir '{folder}'";
        foreach (var program in Projects)
        {
            Ends(program, passed: 1, failed: 0, alone);
        }

        Write("scripts/page", $"#!/bin/sh\n{alone}\nprintf '  total: 3\\n  failed: 0\\n  succeeded: 3\\n  skipped: 0\\n'\n");
        var result = Run().Expect(0);
        Assert.Equal(
            Projects.Select(static program => $"said {program}"),
            result.Output.Split('\n').Where(static line => line.StartsWith("said ", StringComparison.Ordinal)));
        Assert.EndsWith("\n  total: 3\n  failed: 0\n  succeeded: 3\n  skipped: 0\n6 passed, 0 failed, 1 skipped\n", result.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_only_the_tests_need_is_installed_beside_the_build_and_is_there_before_they_run()
    {
        Write(
            "scripts/prerequisites.sh",
            """
            install_for_the_build() { :; }
            install_for_the_tests() {
                until grep -q 'dotnet build' did; do sleep 0.05; done
                echo the rest >>did
            }

            """);
        Run("--filter-class", "*").Expect(0);
        var did = Did().Split('\n').ToList();
        Assert.InRange(did.IndexOf("the rest"), did.IndexOf("dotnet build Portolan.slnx"), Projects.Min(p => did.IndexOf(p)));
    }

    [Fact]
    public void A_third_of_the_real_servers_is_installed_before_the_tests_run()
    {
        Run("--filter-class", "*").Expect(0);
        Assert.Equal("scripts/servers install third\n", File.ReadAllText(_folder["servers"]));
        Assert.Equal("", File.ReadAllText(_folder["Portolan.EndToEnd.Tests.long"]));
    }

    [Fact]
    public void Long_installs_all_of_them_and_asks_the_tests_for_their_long_form()
    {
        Run("long", "--filter-class", "*").Expect(0);
        Assert.Equal("scripts/servers install all\n", File.ReadAllText(_folder["servers"]));
        Assert.Equal("1", File.ReadAllText(_folder["Portolan.EndToEnd.Tests.long"]));
        Assert.Equal(Always + "--filter-class\n*\n", File.ReadAllText(_folder["Portolan.EndToEnd.Tests.words"]));
    }

    [Fact]
    public void Servers_that_cannot_be_installed_fail_nothing()
    {
        Write("scripts/servers", "#!/bin/sh\nexit 77\n");
        Run("--filter-class", "*").Expect(0);
    }

    [Fact]
    public void A_test_that_fails_fails_it()
    {
        Ends("Portolan.Tests", passed: 2, failed: 1);
        Assert.EndsWith("\n2 passed, 1 failed, 0 skipped\n", Run("quick").Expect(1).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void In_continuous_integration_a_failed_test_runs_once_more_alone_and_is_named()
    {
        FailsOnce("Portolan.Kernel.Tests", "Tests.Depends_on_the_load");
        var result = Run(["--filter-class", "*"], isCI: true).Expect(0);
        Assert.EndsWith(
            "\ntest: failed, and passed when it ran alone: Tests.Depends_on_the_load\n15 passed, 0 failed, 1 skipped\n", result.Output,
            StringComparison.Ordinal);
        Assert.Equal(
            "--no-progress\n--no-ansi\n--max-threads\n1\n--filter-method\nTests.Depends_on_the_load\n",
            File.ReadAllText(_folder["Portolan.Kernel.Tests.words"]));
    }

    [Fact]
    public void Elsewhere_it_has_failed()
    {
        FailsOnce("Portolan.Kernel.Tests", "Tests.Depends_on_the_load");
        Assert.EndsWith("\n14 passed, 1 failed, 1 skipped\n", Run("--filter-class", "*").Expect(1).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_crashes_fails_it()
    {
        Write("artifacts/bin/Portolan.Tests/debug/Portolan.Tests", "#!/bin/sh\nkill -KILL $$\n");
        Assert.EndsWith("0 passed, 1 failed, 0 skipped\n", Run("quick").Expect(1).Output, StringComparison.Ordinal);
    }

    private string Did() => File.ReadAllText(_folder["did"]).TrimEnd('\n');

    /// <summary>The programs that began, in the order of <see cref="Projects"/>.</summary>
    private string[] Began() =>
        [.. Did().Split('\n').Where(static line => line == "page test" || Projects.Contains(line, StringComparer.Ordinal))
            .OrderBy(static line => Array.IndexOf(Projects, line) is var place && place < 0 ? Projects.Length : place)];

    private RunResult Run(params string[] words) => Run(words, isCI: false);

    private RunResult Run(string[] words, bool isCI)
    {
        // As where there is no packetdrill, and with this dotnet before any other.
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["PATH"] = $"{_folder["bin"]}:/usr/bin:/bin",
            ["PORTOLAN_PACKETDRILL"] = "/nonexistent",
            ["PORTOLAN_LONG"] = null,
            ["PORTOLAN_CI"] = isCI ? "1" : null,
        };
        return Programs.Run(_folder["test"], words, environment: environment);
    }

    /// <summary>A test program that keeps its words, one on each line, and says how many tests passed and failed.</summary>
    private void Ends(string program, int passed, int failed, string before = ":") => Write(
        $"artifacts/bin/{program}/debug/{program}",
        $"""
        #!/bin/sh
        echo {program} >>'{_folder["did"]}'
        printf '%s\n' "$@" >'{_folder[program + ".words"]}'
        printf '%s' "$PORTOLAN_LONG" >'{_folder[program + ".long"]}'
        {before}
        echo said {program}
        printf '  total: %d\n  failed: %d\n  succeeded: %d\n  skipped: 0\n' {passed + failed} {failed} {passed}

        """);

    /// <summary>A test program of five tests, of which one fails beside the others.</summary>
    private void FailsOnce(string program, string test) => Ends(
        program, passed: 1, failed: 0,
        before: $$"""
            case "$*" in *--filter-method*) ;; *)
                echo 'failed {{test}} (3ms)'
                printf '  total: 5\n  failed: 1\n  succeeded: 4\n  skipped: 0\n'
                exit 2
            esac
            """);

    private void Write(string name, string text)
    {
        var path = _folder[name.Split('/')];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, Executable);
    }
}
