using Portolan.Model;
using Portolan.Watch.Changes;
using static Portolan.Tests.Watch.DiffStories;

namespace Portolan.Tests.Watch;

/// <summary>What is a change, and what is none.</summary>
public sealed class SnapshotComparerTests
{
    private const string Service = "\"identified\":{\"protocol\":\"http\",\"product\":\"nginx\",\"version\":\"1.22.1\"}";

    [Fact]
    public void Ports_open_and_close()
    {
        var comparison = Compare(Json("20-90", ["22 open", "80 open"]), Json("20-90", ["80 open", "81 open"]));
        Assert.Equal(["closed 22/tcp open→closed", "opened 81/tcp closed→open"], comparison.Words());
        Assert.Equal((1L, 71L), (comparison.Coverage.Hosts, comparison.Coverage.Ports));
    }

    [Fact]
    public void A_port_that_was_not_scanned_is_not_closed()
    {
        var comparison = Compare(Json("20-90", ["22 open", "80 open"]), Json("80-90", ["80 open"]));
        Assert.Empty(comparison.Changes);
        Assert.Equal((11L, 1L, 0L), (comparison.Coverage.Ports, comparison.Coverage.OpenOnlyInA, comparison.Coverage.OpenOnlyInB));
    }

    [Fact]
    public void An_interrupted_scan_covers_what_it_names()
    {
        var cut = Json("20-90", ["80 open"]).Split('\n')[..2];
        var comparison = Compare(Json("20-90", ["22 open", "80 open"]), string.Join('\n', cut));
        Assert.Empty(comparison.Changes);
        Assert.False(comparison.B.IsComplete);
        Assert.Equal(1L, comparison.Coverage.Ports);
    }

    [Fact]
    public void Silence_is_not_certain_unless_nothing_was_missed()
    {
        var a = Json("20-90", ["22 open"]);
        Assert.Equal(["closed 22/tcp open→filtered"], Compare(a, Json("20-90", ["22 filtered"])).Words());
        var lossy = Compare(a, Json("20-90", ["22 filtered"], end: "\"complete\":true,\"missRateBound\":0.02"));
        Assert.Equal(["closed 22/tcp open→filtered ?"], lossy.Words());
        Assert.Equal(0.02, lossy.B.MissRateBound);

        // What answers now is there, whatever was lost before.
        Assert.Equal(["opened 22/tcp filtered→open"], SnapshotComparer.Compare(lossy.B, lossy.A, Now).Words());
    }

    [Fact]
    public void States_that_may_both_be_true_are_undecided()
    {
        var comparison = Compare(Json("20-90", ["22 open"]), Json("20-90", ["22 open|filtered"]));
        Assert.Empty(comparison.Changes);
        Assert.Equal(1L, comparison.Coverage.Undecided);
    }

    [Theory]
    [InlineData("nginx", "1.22.1", new string[0])]
    [InlineData("nginx", "1.24.0", new[] { "version 80/tcp http nginx 1.22.1→http nginx 1.24.0" })]
    [InlineData("Apache httpd", "2.4", new[] { "service 80/tcp http nginx 1.22.1→http Apache httpd 2.4" })]
    public void A_service_changes_its_product_or_its_version(string product, string version, string[] changes) => Assert.Equal(
        changes,
        Compare(
            Json("80", [$"80 open {Service}"]),
            Json("80", [$"80 open \"identified\":{{\"protocol\":\"http\",\"product\":\"{product}\",\"version\":\"{version}\"}}"])).Words());

    [Theory]
    [InlineData("http", "nginx", "1.22.1", "reverse proxy", new string[0])]
    [InlineData("http-alt", "nginx", null, null, new string[0])]
    [InlineData("http", "nginx webserver", "1.22.1-9 Debian", null, new string[0])]
    [InlineData("http", "nginx", "1.22.1x or later", null, new string[0])]
    [InlineData("http", null, null, "title: other", new string[0])]
    [InlineData("http", "webserver", "5.5-1.22.1-nginx-0", null, new string[0])]
    [InlineData("nginx version 1.22", null, null, null, new string[0])]
    [InlineData("tcpwrapped", null, null, null, new string[0])]
    [InlineData("http", "nginx", "1.24.0", null, new[] { "version 80/tcp http nginx 1.24.0→http nginx 1.22.1" })]
    [InlineData("http", "nginx", "1.2", null, new[] { "version 80/tcp http nginx 1.2→http nginx 1.22.1" })]
    [InlineData("http", "Apache httpd", "2.4", null, new[] { "service 80/tcp http Apache httpd 2.4→http nginx 1.22.1" })]
    [InlineData("ssh", null, null, null, new[] { "service 80/tcp ssh→http nginx 1.22.1" })]
    public void Of_two_scanners_products_and_versions_are_compared_and_no_notes(
        string name, string? product, string? version, string? info, string[] changes)
    {
        static string Attribute(string name, string? value) => value is null ? "" : $" {name}=\"{value}\"";
        var nmap = "<nmaprun scanner=\"nmap\" args=\"/usr/bin/nmap -sV -p80 198.18.0.1\" start=\"1795132800\">"
            + "<scaninfo type=\"syn\" protocol=\"tcp\" numservices=\"1\" services=\"80\"/>"
            + "<host><status state=\"up\" reason=\"syn-ack\"/><address addr=\"198.18.0.1\" addrtype=\"ipv4\"/><ports>"
            + "<port protocol=\"tcp\" portid=\"80\"><state state=\"open\" reason=\"syn-ack\"/>"
            + $"<service name=\"{name}\"{Attribute("product", product)}{Attribute("version", version)}{Attribute("extrainfo", info)}"
            + " method=\"probed\" conf=\"10\"/></port></ports></host>"
            + "<runstats><finished time=\"1795132801\" exit=\"success\"/><hosts up=\"1\" down=\"0\" total=\"1\"/></runstats></nmaprun>";
        var ours = Json("80", [$"80 open {Service[..^1]},\"info\":\"title \\\"Welcome\\\"\"}}"]);
        Assert.Equal(
            changes,
            Compare(nmap, ours).Words().Select(static text => text.Replace(" (title \"Welcome\")", "", StringComparison.Ordinal)));
        Assert.Single(Compare(ours, ours.Replace("Welcome", "Moved", StringComparison.Ordinal)).Changes);
    }

    [Fact]
    public void A_banner_that_masscan_wrote_is_not_compared_with_ours()
    {
        var masscan = "open tcp 80 198.18.0.1 1795132800\nbanner tcp 80 198.18.0.1 1795132800 http HTTP/1.0 200 OK\n";
        Assert.Empty(Compare(masscan, Json("80", ["80 open \"banner\":\"x\""])).Changes);
        Assert.Single(Compare(masscan, masscan.Replace("200 OK", "404", StringComparison.Ordinal)).Changes);
    }

    [Fact]
    public void A_fact_that_one_scan_did_not_ask_for_is_no_change() =>
        Assert.Empty(Compare(Json("80", [$"80 open {Service},\"banner\":\"x\""]), Json("80", ["80 open"])).Changes);

    [Fact]
    public void A_banner_is_compared() => Assert.Equal(
        ["banner 22/tcp SSH-2.0-a→SSH-2.0-b"],
        Compare(Json("22", ["22 open \"banner\":\"SSH-2.0-a\""]), Json("22", ["22 open \"banner\":\"SSH-2.0-b\""])).Words());

    [Theory]
    [InlineData("2027-11-20", "2027-11-20", new string[0])]
    [InlineData("2026-11-21", "2026-12-15", new[] { "certificate" })]
    [InlineData("2027-01-01", "2026-12-15", new[] { "certificate", "expiring 25" })]
    [InlineData("2027-01-01", "2026-12-01", new[] { "certificate", "expiring 11" })]
    [InlineData("2027-01-01", "2026-11-22", new[] { "certificate", "expiring 2" })]
    [InlineData("2027-01-01", "2026-11-19", new[] { "certificate", "expiring -1" })]
    public void Certificates_change_and_come_to_their_end(string before, string after, string[] changes)
    {
        var comparison = Compare(Json("443", [$"443 open {Certificate(before)}"]), Json("443", [$"443 open {Certificate(after)}"]));
        Assert.Equal(changes, comparison.Changes.Select(c => c.DaysLeft is { } days ? $"{c.Kind.Name()} {days}" : c.Kind.Name()));
    }

    [Fact]
    public void A_port_that_opens_with_an_old_certificate_is_expiring_too() => Assert.Equal(
        [ChangeKind.Opened, ChangeKind.Expiring],
        Compare(Json("443", []), Json("443", [$"443 open {Certificate("2026-11-21")}"])).Changes.Select(static c => c.Kind));

    [Fact]
    public void A_target_that_a_whole_scan_does_not_name_was_down()
    {
        const string Other = "{\"event\":\"port\",\"address\":\"198.18.0.2\",\"protocol\":\"tcp\",\"port\":22,\"state\":\"open\"}\n"
            + "{\"event\":\"host\",\"address\":\"198.18.0.2\",\"hostname\":\"web\",\"status\":\"up\",\"complete\":true,\"counts\":[]}\n";
        var comparison = Compare(Json("22", [], more: Other), Json("22", []));
        Assert.Equal(["host-down 22/tcp up→down ?"], comparison.Words());
        Assert.Equal("web", comparison.Changes[0].HostName);
        Assert.Equal(["host-up 22/tcp down→up"], Compare(Json("22", []), Json("22", [], more: Other)).Words());

        // More hosts were up than the file names: it was written with --open.
        Assert.Empty(Compare(Json("22", [], more: Other), Json("22", [], end: "\"complete\":true,\"hostsUp\":2")).Changes);

        var cut = Compare(Json("22", [], more: Other), Json("22", [], end: "\"complete\":false"));
        Assert.Empty(cut.Changes);
        Assert.Equal(1L, cut.Coverage.HostsOnlyInA);
    }

    [Fact]
    public void Many_ports_that_change_alike_are_one_change()
    {
        var comparison = Compare(Json("1-60000", [], end: "\"complete\":true"), Filtered("1-60000"));
        var change = Assert.Single(comparison.Changes);
        Assert.Equal((ChangeKind.State, 60000, "1-60000"), (change.Kind, change.Ports.Count, change.Ports.ToString()));
        Assert.False(change.IsCertain);
    }

    [Fact]
    public void Lists_that_do_not_say_what_was_scanned_are_compared_where_both_name_a_port()
    {
        const string A = "#masscan\nopen tcp 22 198.18.0.1 1\nopen tcp 80 198.18.0.1 1\n# end\n";
        const string B = "#masscan\nopen tcp 80 198.18.0.1 1\nopen tcp 81 198.18.0.1 1\n# end\n";
        var comparison = Compare(A, B);
        Assert.Empty(comparison.Changes);
        Assert.Equal((1L, 1L), (comparison.Coverage.OpenOnlyInA, comparison.Coverage.OpenOnlyInB));
        Assert.Equal(
            ["closed 22/tcp open→not open ?", "opened 81/tcp not open→open"], Compare(A, B, "1-100").Words());
        Assert.Equal(
            ["host-down 22,80/tcp up→down ?"], Compare(A, "#masscan\n# end\n", "1-100", "198.18.0.0/24").Words());
    }

    [Fact]
    public void A_chart_is_not_compared_with_a_scan()
    {
        var error = Assert.Throws<PortolanException>(() => Compare(ChartTexts.Chart(), Json("22", [])));
        Assert.Equal(ExitCode.Failed, error.ExitCode);
        Assert.Contains("is a chart", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Hint);
    }

    [Fact]
    public void The_second_run_of_a_file_counts_where_it_looked()
    {
        var twice = Json("20-90", ["22 open", "80 open"]) + Json("80", []);
        Assert.Equal(["closed 80/tcp open→closed"], Compare(Json("20-90", ["22 open", "80 open"]), twice).Words());
    }

    private static string Certificate(string until) =>
        "\"facts\":[{\"id\":\"ssl-cert\",\"output\":\"Subject: commonName=a\\nIssuer: commonName=ca\\n"
        + $"Not valid before: 2026-01-01T00:00:00\\nNot valid after:  {until}T00:00:00\",\"fields\":null}}]";

    private static string Filtered(string ports) => Json(ports, [], end: "\"complete\":true").Replace(
        "\"state\":\"closed\",\"reason\":\"reset\"", "\"state\":\"filtered\",\"reason\":\"no-response\"", StringComparison.Ordinal);
}
