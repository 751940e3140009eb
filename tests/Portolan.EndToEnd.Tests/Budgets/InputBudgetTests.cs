using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Budgets;

/// <summary>
/// Every option that reads something, given what has no end or stands for too much: an error that names the limit, within 256 MiB and 15 s.
/// </summary>
public sealed partial class InputBudgetTests : IDisposable
{
    private const long MostMiB = 256;

    /// <summary>Of the processor; three times what the slowest takes, for a busy or slow one.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(15);

    /// <summary>
    /// What takes input: its page, its row there, how it is named on the command line, and bombs of its own. <c>$</c> is the file, <c>%</c>
    /// a small result of a scan.
    /// </summary>
    private static readonly Input[] Inputs =
    [
        new("check", "-f, --file FILE", ["check", "-f", "$"], ["targets.check"]) { ReadsStdin = true },
        new(
            "forward", "-f, --file FILE", ["forward", "--dry-run", "-f", "$"],
            ["ranges.forward", "twice.forward", "many.forward"]) { ReadsStdin = true },
        new(
            "explain", "--rules FILE", ["explain", "22", "--rules", "$"],
            ["define.rules", "include.rules", "set.rules"]) { ReadsStdin = true },
        new("diff", "A", ["diff", "$", "%"], ["depth.xml", "entities.xml", "attribute.xml"]) { ReadsStdin = true },
        new("diff", "B", ["diff", "%", "$"], ["depth.xml", "entities.xml", "attribute.xml"]),
        new("history", "--store FILE", ["history", "--store", "$"], ["depth.xml"]),
        new("history-host", "--store FILE", ["history", "host", "192.0.2.1", "--store", "$"], ["depth.xml"]),
        new("history-at", "--store FILE", ["history", "at", "now", "80", "--store", "$"], []),
        new("history-prune", "--store FILE", ["history", "prune", "--keep", "90d", "--store", "$"], []),
        new(
            "history-import", "FILE", ["history", "import", "$", "--store", "/dev/null"],
            ["depth.xml", "entities.xml", "attribute.xml"]),
        new("history-import", "--store FILE", ["history", "import", "%", "--taken", "now", "--store", "$"], []),
        new("diff", "--store FILE", ["diff", "@now", "@now", "--store", "$"], []),
        new("check", "--store FILE", ["check", "127.0.0.1:1", "--store", "$"], []),
        new("portolan", "--store FILE", ["--store", "$"], []),
        new("watch", "--config FILE", ["watch", "--for", "1ms", "--config", "$"], []),
        new("watch-check", "FILE", ["watch", "check", "$"], []),
        new("watch-test", "FILE", ["watch", "test", "$", "name"], []),
        new("watch", "--store FILE", ["watch", "--for", "1ms", "--store", "$"], []),
        new("scan", "--store FILE", ["scan", "-sT", "-n", "-Pn", "-p", "1", "127.0.0.1", "--store", "$"], []),
        new("port", "--update FILE", ["port", "--update", "$"], ["rows.registry", "depth.xml", "entities.xml"]),
        new(
            "scan", "-iL, --input-list FILE", ["scan", "-n", "-sT", "-p", "1", "-iL", "$"],
            ["addresses.targets", "prefixes.targets", "ports.targets"]) { ReadsStdin = true },
        new(
            "scan", "--excludefile FILE", ["scan", "-n", "-sT", "-p", "1", "0.0.0.0/0", "--excludefile", "$"],
            ["addresses.targets", "prefixes.targets", "octets.targets"]) { ReadsStdin = true },
        new("scan", "--resume FILE", ["scan", "--resume", "$"], ["lists.journal", "pieces.journal", "words.journal", "block.journal"]),
        new(
            "scan", "--from-xml FILE", ["scan", "--from-xml", "$"],
            ["depth.xml", "entities.xml", "attribute.xml", "ports.xml"]) { ReadsStdin = true },
        new("scan", "--proxies-file FILE", ["scan", "-n", "-p", "1", "127.0.0.1", "--proxies-file", "$"], []),
        new(
            "scan", "--fingerprints DIR", ["scan", "-n", "-sT", "-sV", "-p", "1", "127.0.0.1", "--fingerprints", "$"],
            ["endless.fingerprints", "depth.fingerprints", "entities.fingerprints", "attribute.fingerprints"]) { IsFolder = true },
        new("agent", "--config FILE", ["agent", "--config", "$"], []),
        new("agent-join", "FILE", ["agent", "join", "$", "--config", "/tmp/none/agent.yaml"], []),
        new("agent-leave", "--config FILE", ["agent", "leave", "--config", "$"], []),
        new("fleet-agents", "--config FILE", ["fleet", "agents", "--config", "$"], []),
        new("fleet-cancel", "--config FILE", ["fleet", "cancel", "1", "--config", "$"], []),
        new("check", "--fleet-config FILE", ["check", "127.0.0.1:1", "--vantage", "all", "--fleet-config", "$"], []),
        new("scan", "--fleet-config FILE", ["scan", "--fleet", "127.0.0.1", "--fleet-config", "$"], []),
        new("fleet-drain", "--config FILE", ["fleet", "drain", "a", "--config", "$"], []),
        new("fleet-status", "--config FILE", ["fleet", "status", "--config", "$"], []),
        new("fleet-forget", "--config FILE", ["fleet", "forget", "1", "--config", "$"], []),
        new("fleet-init", "--config FILE", ["fleet", "init", "--config", "$"], []),
        new("fleet-invite", "--config FILE", ["fleet", "invite", "a", "--zone", "b", "--config", "$"], []),
        new("fleet-jobs", "--config FILE", ["fleet", "jobs", "--config", "$"], []),
        new("fleet-results", "--config FILE", ["fleet", "results", "1", "--config", "$"], []),
        new("fleet-revoke", "--config FILE", ["fleet", "revoke", "a", "--config", "$"], []),
        new("fleet-serve", "--config FILE", ["fleet", "serve", "--config", "$"], []),
        new("fleet-start", "--config FILE", ["fleet", "start", "192.0.2.1", "--zone", "lan", "--config", "$"], []),
        new("serve", "--cert FILE", ["serve", "--listen", "47997", "--cert", "$", "--key", "$"], []),
        new("serve", "--key FILE", ["serve", "--listen", "47997", "--cert", "%", "--key", "$"], []),
        new("serve", "--password-file FILE", ["serve", "--listen", "47997", "--password-file", "$"], []),
        new("serve", "--fleet-config FILE", ["serve", "--listen", "47997", "--fleet-config", "$"], []),
        new("lab-check", @"FILE\|NAME", ["lab", "check", "$"], ["alias.yaml", "depth.yaml", "hosts.yaml"]) { Faults = 1 },
        new("lab-show", @"FILE\|NAME", ["lab", "show", "$"], ["alias.yaml", "depth.yaml", "hosts.yaml"]),
        new("lab-truth", @"FILE\|NAME", ["lab", "truth", "$"], ["alias.yaml", "depth.yaml", "hosts.yaml"]),
        new("lab-enter", @"FILE\|NAME", ["lab", "enter", "$"], ["alias.yaml", "depth.yaml", "hosts.yaml"]),
        new("lab-exec", @"FILE\|NAME", ["lab", "exec", "$", "host", "--", "/bin/true"], ["alias.yaml", "depth.yaml", "hosts.yaml"]),
        new("lab-run", @"FILE\|NAME", ["lab", "run", "$"], ["alias.yaml", "depth.yaml", "hosts.yaml"]),
        new("lab-score", @"FILE\|NAME", ["lab", "score", "$", "/dev/null"], ["alias.yaml", "depth.yaml", "hosts.yaml"]),
        new("lab-score", "RESULT", ["lab", "score", "office", "$"], ["depth.xml", "entities.xml", "attribute.xml"]),
    ];

    /// <summary>Rows that name a file or folder and read nothing of it.</summary>
    private static readonly string[] Outputs =
    [
        "agent-join --config FILE", "check --junit FILE", "diff --junit FILE", "traffic-capture -o, --output FILE",
        "lab-run --pcap FILE", "scan --journal FILE", "scan -oN, --output-normal FILE", "scan -oX, --output-xml FILE",
        "scan -oG, --output-grepable FILE",
        "scan -oJ, --output-json FILE", "scan -oA, --output-all BASENAME", "scan --stylesheet PATH", "explain --include-path DIR",
    ];

    private readonly HostileFiles _files = new();

    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, bool>();
            foreach (var input in Inputs)
            {
                foreach (var file in (string[])[.. input.IsFolder ? [] : HostileFiles.Endless, .. input.Bombs])
                {
                    cases.Add(input.ToString(), file, false);
                    if (input.ReadsStdin)
                    {
                        cases.Add(input.ToString(), file, true);
                    }
                }
            }

            return cases;
        }
    }

    public void Dispose() => _files.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Input_past_a_limit_is_an_error_that_names_it(string option, string file, bool isStdin)
    {
        var input = Array.Find(Inputs, i => i.ToString() == option)!;
        var path = _files[file];

        var run = Measured.Run(
            input.Words.Select(w => w == "%" ? _files["whole.list"] : w != "$" ? w : isStdin ? "-" : path), isStdin ? path : null);

        var said = run.Result.Error + run.Result.Output;
        var what =
            $"{option} with {file}: exit code {run.Result.ExitCode}, {run.PeakMiB} MiB, {run.ProcessorTime.TotalSeconds:0.0} s\n"
                + $"{(said.Length < 2000 ? said : said[..2000])}";
        Assert.True(run.Result.ExitCode is 2 or 3 || (input.Faults == run.Result.ExitCode && run.Result.Output.Length > 0), what);
        Assert.DoesNotContain("unexpected", said, StringComparison.Ordinal);
        Assert.Matches(Reason(), said);
        Assert.True(run.PeakMiB <= MostMiB && run.ProcessorTime <= MostTime, what);
    }

    /// <summary>What is within the limits is judged, within the same memory and time, those of nft and iptables included.</summary>
    [Theory]
    [InlineData("set.nft", 200_000)]
    [InlineData("counted.nft", 100_000)]
    [InlineData("prefixes.nft", 100_000)]
    [InlineData("rules.nft", 40_000)]
    [InlineData("rules.v4", 40_000)]
    [InlineData("bans.v4", 10_000)]
    [InlineData("bans.v4", 40_000)]
    public void Long_rules_are_judged(string file, int count)
    {
        using var folder = new TemporaryFolder();
        LongRules.Write(folder[file], count);

        var run = Measured.Run(["explain", "22", "--rules", folder[file]]);

        var what =
            $"{file}: exit code {run.Result.ExitCode}, {run.PeakMiB} MiB, {run.ProcessorTime.TotalSeconds:0.0} s\n{run.Result.Error}";
        Assert.True(run.Result.ExitCode is 0 or 1 && !run.Result.Error.Contains("not judged", StringComparison.Ordinal), what);
        Assert.True(run.PeakMiB <= MostMiB && run.ProcessorTime <= MostTime, what);
    }

    [Theory]
    [InlineData("set.nft", 400_000, "more than 300,000 elements of sets")]
    [InlineData("prefixes.nft", 200_000, "more than 300,000 elements of sets")]
    [InlineData("rules.nft", 41_000, "more than 40,000 rules")]
    [InlineData("rules.nft", 100_000, "nft would need more than 240 MiB of memory")]
    [InlineData("rules.v4", 41_000, "more than 40,000 rules")]
    [InlineData("counted.nft", 300_000, "longer than 16 MiB")]
    public void Rules_past_a_limit_are_refused_with_a_way_out(string file, int count, string limit)
    {
        using var folder = new TemporaryFolder();
        LongRules.Write(folder[file], count);

        var run = Measured.Run(["explain", "22", "--rules", folder[file]]);

        var what =
            $"{file}: exit code {run.Result.ExitCode}, {run.PeakMiB} MiB, {run.ProcessorTime.TotalSeconds:0.0} s\n{run.Result.Error}";
        Assert.True(run.Result.ExitCode is 2 or 3, what);
        Assert.Contains(limit, run.Result.Error, StringComparison.Ordinal);
        Assert.Contains("unshare -n", run.Result.Error, StringComparison.Ordinal);
        Assert.True(run.PeakMiB <= MostMiB && run.ProcessorTime <= MostTime, what);
    }

    /// <summary>The pages are made of the command tree, and a test fails when they drift.</summary>
    [Fact]
    public void No_option_that_names_a_file_is_forgotten()
    {
        // The chart has the page of the program.
        var rows = PortolanProgram.Pages().Append("portolan").SelectMany(
            page => File.ReadLines(Repository.PathOf("docs", "cli", page == "portolan" ? "portolan.md" : $"portolan-{page}.md"))
                .Select(line => Row().Match(line)).Where(m => m.Success).Select(m => $"{page} {m.Groups[1].Value}"));

        Assert.Equal(
            Inputs.Select(i => i.ToString()).Concat(Outputs).Order(StringComparer.Ordinal),
            rows.Where(r => NamesFile().IsMatch(r)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Root_is_not_shown_lines_of_a_file_that_a_script_includes()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        File.WriteAllText(elsewhere["secret"], "root-only-line\n");
        File.CreateSymbolicLink(folder["link.nft"], elsewhere["secret"]);
        foreach (var include in (string[])[
            elsewhere["secret"], $"../{Path.GetFileName(elsewhere.Path)}/secret", "link.nft", elsewhere["*"]])
        {
            File.WriteAllText(folder["rules.nft"], $"table ip t {{\n}}\n  include \"{include}\"\n");

            var run = Programs.Run(PortolanProgram.Path, ["explain", "22", "--rules", folder["rules.nft"]], folder: folder.Path).Expect(3);

            Assert.DoesNotContain("root-only-line", run.Error + run.Output, StringComparison.Ordinal);
            Assert.Contains("rules.nft, line 3: include", run.Error, StringComparison.Ordinal);
            Assert.Contains("--include-path", run.Error, StringComparison.Ordinal);
        }

        // Who allows the folder has the file read, and hears what is wrong with it.
        Assert.Contains(
            "secret:1:",
            Programs.Run(PortolanProgram.Path, ["explain", "22", "--rules", folder["rules.nft"], "--include-path", elsewhere.Path]).Expect(
                3).Error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"longer than|more than|users other than its owner|exceed the limit|at most|do not fit|damaged|is not the journal|not a result|line [0-9]+|:[0-9]+:[0-9]+(-[0-9]+)?:|listened on twice|listen on the same port|not well-formed|no error|not a (file|store)")]
    private static partial Regex Reason();

    [GeneratedRegex(@"^\| `([^`]+)` \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"\b(FILE|RESULT|DIR|PATH|BASENAME)\b|^diff [AB]$")]
    private static partial Regex NamesFile();

    private sealed record Input(string Page, string Row, string[] Words, string[] Bombs)
    {
        /// <summary>Whether <c>-</c> is the standard input.</summary>
        public bool ReadsStdin { get; init; }

        /// <summary>It takes a folder.</summary>
        public bool IsFolder { get; init; }

        /// <summary>The exit code of a command whose result is a list of faults, on stdout.</summary>
        public int? Faults { get; init; }

        public override string ToString() => $"{Page} {Row}";
    }
}
