using System.Text.Json;
using Portolan.Tests.Support;
using Portolan.Tests.Watch;

namespace Portolan.Tests.Cli.History;

/// <summary><c>history</c> and its commands over results that were imported, and moments of <c>diff</c>.</summary>
public sealed class HistoryCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_are_added_the_oldest_first_and_once()
    {
        var (tuesday, monday) = (Scan("tuesday", 24, "80 open"), Scan("monday", 0, "22 open", "80 open"));
        var console = Run(0, "history", "import", tuesday, monday);
        Assert.Equal(
            [$"{monday}, 2026-11-20 00:00:00: 1 host, 0 changes", $"{tuesday}, 2026-11-21 00:00:00: 1 host, 1 change"],
            Lines(console.Output));
        Assert.Contains("already stored", Run(0, "history", "import", monday).Output, StringComparison.Ordinal);
        Assert.Contains("198.18.0.1  22/tcp  closed  now closed", Run(0, "history").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_read_adds_nothing()
    {
        var console = Run(3, "history", "import", Scan("monday", 0, "22 open"), _folder["none"]);
        Assert.Contains("the file does not exist", console.Error, StringComparison.Ordinal);
        Assert.Contains("hint: give a saved result: portolan scan TARGET -oX scan.xml", console.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Store));
    }

    [Fact]
    public void A_list_that_does_not_say_when_it_was_taken_needs_to_be_told()
    {
        File.WriteAllText(_folder["zmap.csv"], "saddr,sport,classification,success\n198.18.0.1,80,synack,1\n");
        var refused = Run(3, "history", "import", _folder["zmap.csv"]);
        Assert.Contains("--taken", refused.Error, StringComparison.Ordinal);
        Run(0, "history", "import", _folder["zmap.csv"], "--taken", "2026-11-20T03:00Z", "--ports", "80");
        Assert.Contains("2026-11-20 03:00:00", Run(0, "history", "80").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_says_since_when_it_is_open()
    {
        ThreeDays();
        var lines = Lines(Run(0, "history", "443").Output);
        Assert.Contains("198.18.0.1  443/tcp  open   2026-11-21 00:00:00  2026-11-22 00:00:00", lines[1], StringComparison.Ordinal);
        Assert.Contains("2026-11-21 00:00:00  2026-11-20 00:00:00  198.18.0.1  443/tcp  opened", lines[^1], StringComparison.Ordinal);
        Assert.Contains("never seen open", Run(1, "history", "444").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_moment_is_answered_by_the_look_within_it_and_else_not_observed()
    {
        ThreeDays();
        Assert.Contains(
            "198.18.0.1  443/tcp  open   2026-11-21 00:00:00", Run(0, "history", "at", "2026-11-21T00:00", "443").Output,
            StringComparison.Ordinal);
        var gap = Run(1, "history", "at", "2026-11-21T03:00", "443").Output;
        Assert.Contains("not observed  2026-11-21 00:00:00–2026-11-22 00:00:00  open before, open after", gap, StringComparison.Ordinal);
        Assert.Contains(
            "not observed  2026-11-20 00:00:00–2026-11-21 00:00:00  closed before, open after",
            Run(1, "history", "at", "2026-11-20T10:00", "443").Output, StringComparison.Ordinal);
        Assert.Contains(
            "not observed  since 2026-11-22 00:00:00", Run(1, "history", "at", "2026-11-22T10:00", "443").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Moments_are_compared_as_files_are()
    {
        ThreeDays();
        var text = Run(0, "diff", "@2026-11-20", "@2026-11-22").Output;
        Assert.Contains("closed       22/tcp", text, StringComparison.Ordinal);
        Assert.Contains("opened       443/tcp", text, StringComparison.Ordinal);
        Assert.Contains("both cover 981 ports of 1 host", text, StringComparison.Ordinal);
        Assert.Contains("no changes", Run(0, "diff", "@2026-11-21", "@2026-11-21").Output, StringComparison.Ordinal);
        Assert.Contains("opened       443/tcp", Run(0, "diff", _folder["0"], "@now").Output, StringComparison.Ordinal);
        Run(1, "diff", "@2026-11-20", "@now", "--fail-on", "opened");
        Assert.Contains("no scan from before @2026-11-19", Run(3, "diff", "@2026-11-19", "@now").Error, StringComparison.Ordinal);
        Assert.Contains("is not a time", Run(2, "diff", "@soon", "@now").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Documents_follow_their_schemas()
    {
        ThreeDays();
        foreach (var (schema, words) in ((string, string[])[])[
            ("portolan.history/1", ["history"]), ("portolan.history/1", ["history", "443"]),
            ("portolan.history/1", ["history", "host", "198.18.0.1"]), ("portolan.moment/1", ["history", "at", "2026-11-21", "443"]),
            ("portolan.diff/1", ["diff", "@2026-11-20", "@now"])])
        {
            var document = JsonDocument.Parse(Run(0, [.. words, "--json"]).Output).RootElement;
            Assert.Empty(JsonSchema.Load(schema).Validate(document));
        }
    }

    [Fact]
    public void What_is_old_goes_and_the_state_at_the_limit_stays_known()
    {
        ThreeDays();
        var counted = Run(0, "history", "prune", "--keep", "2026-11-22", "--dry-run").Output;
        Assert.StartsWith(
            "would remove 1 look, 2 changes from before 2026-11-22 00:00:00; the store is ", counted, StringComparison.Ordinal);
        Assert.StartsWith(
            "removed 1 look, 2 changes from before", Run(0, "history", "prune", "--keep", "2026-11-22").Output, StringComparison.Ordinal);
        Assert.Contains("no changes", Run(0, "diff", "@2026-11-21", "@now").Output, StringComparison.Ordinal);
        Assert.Contains("no scan from before", Run(3, "diff", "@2026-11-20", "@now").Error, StringComparison.Ordinal);
        Assert.Contains("198.18.0.1  443/tcp  open", Run(0, "history", "443").Output, StringComparison.Ordinal);
        Assert.StartsWith(
            "nothing to remove from before 2026-11-22 00:00:00; the store is ",
            Run(0, "history", "prune", "--keep", "2026-11-22").Output, StringComparison.Ordinal);
        Assert.StartsWith("nothing to remove; ", Run(0, "history", "prune", "--max-size", "1G").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_was_never_open_is_answered_with_the_looks_before_and_after()
    {
        Run(0, "history", "import", Scan("0", 0, "22 open"), Scan("1", 24, "22 open"));
        Assert.Contains(
            "198.18.0.1  443/tcp  not observed  until 2026-11-20 00:00:00  closed after",
            Run(1, "history", "at", "2026-11-19", "443/tcp").Output, StringComparison.Ordinal);
        Assert.Contains(
            "not observed  2026-11-20 00:00:00–2026-11-21 00:00:00  closed before, closed after",
            Run(1, "history", "at", "2026-11-20T10:00", "443/tcp").Output, StringComparison.Ordinal);
        Assert.Contains(
            "198.18.0.1  443/tcp  closed  2026-11-20 00:00:00", Run(0, "history", "at", "2026-11-20", "443/tcp").Output,
            StringComparison.Ordinal);
        Assert.Contains(
            "has no observation of port 5000 at any "
                + "time", Run(1, "history", "at", "2026-11-20", "5000/tcp").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_folder_of_the_usual_store_is_made()
    {
        var refused = Run(3, "history", "import", Scan("0", 0, "22 open"), "--store", _folder["none/of/it.db"]);
        Assert.Contains($"folder {_folder["none/of"]} does not exist", refused.Error, StringComparison.Ordinal);
        Assert.Contains($"mkdir -p {_folder["none/of"]}", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["none"]));
        Run(0, "history", "import", _folder["0"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, ModeOf(_folder["portolan"]));
    }

    [Fact]
    public void A_file_in_the_way_of_a_folder_is_named_and_no_folder_is_to_be_made()
    {
        File.WriteAllText(_folder["file"], "");
        var refused = Run(3, "history", "import", Scan("0", 0, "22 open"), "--store", _folder["file/of/it.db"]);
        Assert.Contains($"{_folder["file"]} is a file, not a folder", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("mkdir", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Hints_name_the_store_that_was_named()
    {
        var other = _folder["other.db"];
        var option = $"--store={other}";
        AssertHint(
            $"store something first: portolan {option}, portolan scan {option} TARGET, portolan history import FILE {option}",
            1, "history");
        AssertHint($"portolan history prune --keep 90d {option}", 2, "history", "prune");
        AssertHint($"portolan history -n 20 {option}", 2, "history", "-n", "none");
        File.WriteAllText(_folder["zmap.csv"], "saddr,sport,classification,success\n198.18.0.1,80,synack,1\n");
        AssertHint(
            $"portolan history import {_folder["zmap.csv"]} {option} --taken 2026-11-20T03:00",
            3, "history", "import", _folder["zmap.csv"]);
        Run(0, "history", "import", Scan("0", 0, "22 open"), option);
        AssertHint(
            $"scan it with portolan scan {option} db; portolan history {option} lists the stored data", 1, "history", "host", "db");
        AssertHint($"portolan scan {option} -p 5000 TARGET adds one", 1, "history", "at", "now", "5000/tcp");
        AssertHint($"portolan scan {option} TARGET adds one", 3, "diff", "@2026-11-19", "@now");
        AssertHint($"portolan {option} adds one", 1, "--at", "now");

        void AssertHint(string hint, int exitCode, params string[] words) =>
            Assert.Contains($"hint: {hint}\n", Run(exitCode, [.. words, option]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_from_now_on_are_said()
    {
        ThreeDays();
        Assert.StartsWith(
            "from now on, once a day, when something is stored: entries older than 90 days, and the oldest entries "
                + "above 100MiB are removed\n",
            Run(0, "history", "prune", "--keep", "90d", "--max-size", "100M", "--always").Output, StringComparison.Ordinal);
        Assert.Equal(
            "no limits from now on: nothing is removed unless history prune is run\n", Run(0, "history", "prune", "--always").Output);
    }

    [Fact]
    public void Words_that_ask_for_nothing_that_is_there_end_with_1()
    {
        Assert.Contains("does not exist yet", Run(1, "history").Error, StringComparison.Ordinal);
        ThreeDays();
        Assert.Contains("does not contain host 'db'", Run(1, "history", "host", "db").Error, StringComparison.Ordinal);
        Run(1, "history", "--since", "2026-11-23");
        Assert.Contains("takes a number", Run(2, "history", "-n", "none").Error, StringComparison.Ordinal);
        Assert.Contains("--change does not know", Run(2, "history", "--change", "broken").Error, StringComparison.Ordinal);
        Assert.Contains("is less than a day", Run(2, "history", "prune", "--keep", "2h").Error, StringComparison.Ordinal);
        Assert.Contains("takes a size", Run(2, "history", "prune", "--max-size", "100").Error, StringComparison.Ordinal);
        Assert.Contains("give a limit", Run(2, "history", "prune").Error, StringComparison.Ordinal);
    }

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

    private string Store => _folder["portolan", "history.db"];

    // 22 closes and 443 opens between the first day and the second; on the third nothing changes.
    private void ThreeDays() => Run(
        0, "history", "import", Scan("0", 0, "22 open", "80 open"), Scan("1", 24, "80 open", "443 open"),
        Scan("2", 48, "80 open", "443 open"));

    private string Scan(string name, int hours, params string[] rows)
    {
        var time = new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero).AddHours(hours);
        File.WriteAllText(
            _folder[name],
            DiffStories.Json("20-1000", rows).Replace("2026-11-20T00:00:00Z", $"{time:yyyy-MM-ddTHH:mm:ssZ}", StringComparison.Ordinal));
        return _folder[name];
    }

    private TestConsole Run(int exitCode, params string[] words)
    {
        var console = new TestConsole { Clock = new UtcClock() };
        console.Environment["XDG_STATE_HOME"] = _folder.Path;
        var code = console.Run(words);
        Assert.True(code == exitCode, $"{string.Join(' ', words)}: {code}\n{console.Output}{console.Error}");
        return console;
    }

    private static string[] Lines(string text) => text.TrimEnd('\n').Split('\n');

    /// <summary>A day after the last scan, in UTC.</summary>
    private sealed class UtcClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 11, 23, 6, 0, 0, TimeSpan.Zero);
    }
}
