using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>The counter that other tests trust must see what allocates every time, and forgive what allocates once.</summary>
public sealed class AllocationsTests
{
    private object? _kept;

    [Fact]
    public void What_allocates_in_every_run_is_seen() => Assert.True(Allocations.Fewest(() => _kept = new byte[1]) > 0);

    [Fact]
    public void What_allocates_once_is_forgiven()
    {
        var runs = 0;
        Assert.Equal(0, Allocations.Fewest(() => _kept = runs++ == 2 ? new byte[1000] : null));
        Assert.Null(_kept);
    }
}
