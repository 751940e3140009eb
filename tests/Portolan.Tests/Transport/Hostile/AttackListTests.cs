using Portolan.Tests.Support;
using Portolan.Tests.Transport.Hostile.Attacks;

namespace Portolan.Tests.Transport.Hostile;

/// <summary>docs/hostile-peers.md tells of each attack once.</summary>
public sealed class AttackListTests
{
    private static readonly string[] Lines = File.ReadAllLines(Repository.PathOf("docs", "hostile-peers.md"));

    [Fact]
    public void The_page_tells_of_each_attack_and_of_no_other()
    {
        var told = Lines.TakeWhile(static line => line != "## What it costs").Select(FirstCell).Where(
            static cell => cell is not (null or "attack" or "---"));
        Assert.Equal(Attack.All().Select(static attack => attack.Name).Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_figures_are_those_of_each_attack()
    {
        var measured = Lines.SkipWhile(static line => line != "## What it costs").Select(FirstCell).Where(
            static cell => cell is not (null or "attack" or "---"));
        Assert.Equal(Attack.All().Select(static attack => attack.Name), measured);
    }

    private static string? FirstCell(string line) => line.StartsWith('|') ? line.Split('|')[1].Trim() : null;
}
