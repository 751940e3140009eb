using Portolan.Fleet.Events;
using Portolan.Tests.Support;

namespace Portolan.Tests.Fleet;

/// <summary>Each event has a code that docs/fleet-operation.md explains, and words that are safe for a terminal.</summary>
public sealed class FleetEventTests
{
    public static TheoryData<FleetEventCode> Codes => [.. Enum.GetValues<FleetEventCode>()];

    [Theory, MemberData(nameof(Codes))]
    public void The_page_explains_each_event_with_its_level(FleetEventCode code)
    {
        var one = new FleetEvent(code);
        var row = Assert.Single(
            File.ReadLines(Repository.PathOf("docs", "fleet-operation.md")),
            line => line.StartsWith("| `", StringComparison.Ordinal) && line.Contains($"`{one.Name}`", StringComparison.Ordinal));
        Assert.Contains(one.Level.ToString(), row.Split('|')[2], StringComparison.OrdinalIgnoreCase);
    }

    [Theory, MemberData(nameof(Codes))]
    public void Words_make_what_comes_from_outside_visible(FleetEventCode code)
    {
        var text = FleetEventText.Of(
            new FleetEvent(code) { Agent = "a\u001b[31m", Zone = "z\n", Queue = "q\n", Place = "p", Detail = "d\r\n" });
        Assert.NotEmpty(text);
        Assert.DoesNotContain(text, char.IsControl);
    }

    [Fact]
    public void Words_name_the_facts() => Assert.Equal(
        "agent lan-1 is refused: it is old",
        FleetEventText.Of(new FleetEvent(FleetEventCode.AgentRefused) { Agent = "lan-1", Detail = "it is old" }));
}
