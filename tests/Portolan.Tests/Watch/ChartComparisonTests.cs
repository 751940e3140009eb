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

    [Fact]
    public void Sockets_that_could_not_be_read_are_not_closed()
    {
        var torn = Chart().Replace(
            "\"missing\": []", "\"missing\": [{\"what\": \"some tcp sockets\", \"why\": \"torn\"}]", StringComparison.Ordinal);
        var comparison = Compare(Chart(Row(80)), torn);
        Assert.Empty(comparison.Changes);
        Assert.Equal(1L, comparison.Coverage.OpenOnlyInA);
        Assert.Contains("some tcp sockets", Assert.Single(comparison.B.Notes), StringComparison.Ordinal);
    }

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
