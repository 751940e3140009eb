using Portolan.Model;
using static Portolan.Tests.Watch.ChartTexts;
using static Portolan.Tests.Watch.DiffStories;

namespace Portolan.Tests.Watch;

/// <summary>What changed between two charts.</summary>
public sealed class ChartComparisonTests
{
    [Fact]
    public void A_listener_opens_and_another_closes() => Assert.Equal(
        ["closed 22/tcp open→closed", "opened 80/tcp closed→open"], Compare(Chart(Row(22)), Chart(Row(80))).Words());

    [Fact]
    public void A_bind_that_reaches_further_is_widened()
    {
        var change = Assert.Single(Compare(Chart(Row(80)), Chart(Row(80, bind: "0.0.0.0"))).Changes);
        Assert.Equal(("127.0.0.1", "0.0.0.0", true), (change.Before.Text, change.After.Text, change.IsWidened));
        Assert.False(Assert.Single(Compare(Chart(Row(80, bind: "0.0.0.0")), Chart(Row(80))).Changes).IsWidened);
    }

    [Fact]
    public void An_owner_and_a_reach_change() => Assert.Equal(
        ["owner 80/tcp nginx→apache2", "reach 80/tcp local→reachable by inet filter input handle 7"],
        Compare(Chart(Row(80)), Chart(Row(80, "apache2", exposure: "reachable", rule: "inet filter input handle 7"))).Words());

    [Fact]
    public void Another_handle_of_the_rule_is_no_change() =>
        Assert.Empty(Compare(Chart(Row(80, rule: "handle 7")), Chart(Row(80, rule: "handle 9"))).Changes);

    [Fact]
    public void What_privilege_hid_is_no_change() => Assert.Empty(
        Compare(Chart(Row(80, exposure: "unknown")), Chart(Row(80, kind: "hidden", exposure: "reachable"))).Changes);

    [Fact]
    public void Namespaces_that_one_chart_does_not_show_are_not_compared()
    {
        var comparison = Compare(Chart(Row(80)), Chart(Row(80), Row(81, space: "blue")));
        Assert.Empty(comparison.Changes);
        Assert.Equal(1L, comparison.Coverage.HostsOnlyInB);
    }

    [Theory]
    [InlineData("sockets-unread")]
    [InlineData("sockets-torn")]
    [InlineData("sockets-cut-off")]
    [InlineData("sockets-not-understood")]
    public void Ports_of_a_protocol_whose_sockets_are_missing_are_not_compared_and_those_of_others_are(string code)
    {
        var whole = Chart(Row(80), Row(53, protocol: "udp"));
        var comparison = Compare(whole, Lacking(Chart(), Fact(code, "tcp")));
        Assert.Equal(["closed 53/udp open→closed"], comparison.Words());
        Assert.Equal(1L, comparison.Coverage.OpenOnlyInA);
        Assert.Contains("something", Assert.Single(comparison.B.Notes), StringComparison.Ordinal);

        Assert.Equal(["opened 80/tcp closed→open"], Compare(Lacking(Chart(), Fact(code, "udp")), whole).Words());
    }

    [Fact]
    public void Sockets_are_missing_in_their_namespace_only()
    {
        var whole = Chart(Row(80), Row(81), Row(80, space: "blue"), Row(81, space: "blue"), Row(80, space: "red"), Row(81, space: "red"));
        var half = Chart(Row(81), Row(81, space: "blue"), Row(81, space: "red"));
        var fact = Fact("sockets-unread", "tcp", "blue");
        Assert.Equal(["", "red"], Compare(whole, Lacking(half, fact)).Changes.Select(static c => c.Host.Space));
        Assert.Equal(["", "red"], Compare(Lacking(half, fact), whole).Changes.Select(static c => c.Host.Space));
    }

    [Fact]
    public void Sockets_of_multipath_tcp_hold_ports_of_tcp() =>
        Assert.Empty(Compare(Chart(Row(80)), Lacking(Chart(), Fact("sockets-unread", "mptcp"))).Changes);

    [Fact]
    public void Raw_sockets_and_facts_about_no_sockets_leave_ports_comparable() => Assert.Equal(
        ["closed 80/tcp open→closed"],
        Compare(
            Chart(Row(80)), Lacking(Chart(), Fact("sockets-unread", "raw"), Fact("owners-hidden"), Fact("rules-need-privilege"))).Words());

    [Theory]
    [InlineData(null)] // written before there were codes
    [InlineData("sunken-sockets")] // written by a later version
    public void Where_the_code_of_what_is_missing_is_unknown_no_port_is_taken_for_closed(string? code)
    {
        var (whole, half) = (Chart(Row(80), Row(53, protocol: "udp")), Lacking(Chart(), Fact(code)));
        Assert.Empty(Compare(whole, half).Changes);
        Assert.Empty(Compare(half, whole).Changes);
    }

    [Fact]
    public void What_is_missing_in_many_namespaces_is_said_once() => Assert.Single(Compare(
        Chart(), Lacking(Chart(), Fact("tcp-counters", "tcp", "blue"), Fact("tcp-counters", "tcp", "red"))).B.Notes);

    [Theory]
    [InlineData("{\"schema\": \"portolan.chart/1\", \"ports\": 1}")]
    [InlineData("{\"schema\": \"portolan.chart/1\"}")]
    [InlineData("{\"schema\": \"portolan.chart/1\", \n\"ports\": [")]
    [InlineData("{\"schema\": \"portolan.sockets/1\"}")]
    [InlineData("hello")]
    [InlineData("")]
    public void What_is_no_chart_is_refused_with_a_remedy(string text)
    {
        var error = Assert.Throws<PortolanException>(() => Read(text));
        Assert.Equal(ExitCode.Failed, error.ExitCode);
        Assert.NotNull(error.Hint);
    }
}
