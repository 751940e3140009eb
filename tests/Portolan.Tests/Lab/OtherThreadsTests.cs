using Portolan.Lab.Running.Time;

namespace Portolan.Tests.Lab;

/// <summary>What threads beside a lab's do in virtual time, in whatever order they do it.</summary>
public sealed class OtherThreadsTests
{
    [Fact]
    public void What_they_have_ended_goes_on_in_the_order_in_which_it_began()
    {
        using var loop = new LabLoop(isVirtual: true);
        var order = new List<long>();
        foreach (var number in (long[])[3, 1, 0, 2])
        {
            loop.Others.Call(_ => order.Add(number), null, new LabContext(loop, served: null, number));
        }

        Assert.Empty(order);
        Assert.False(loop.Others.AreDone(static _ => true, static _ => { }));
        Assert.Equal([0, 1, 2, 3], order);
        Assert.True(loop.Others.AreDone(static _ => true, static _ => { }));
    }

    [Fact]
    public void What_goes_on_has_the_context_that_it_was_awaited_in()
    {
        using var loop = new LabLoop(isVirtual: true);
        var context = new LabContext(loop, served: null, number: 1);
        SynchronizationContext? seen = null;
        loop.Others.Call(_ => seen = SynchronizationContext.Current, null, context);
        loop.Others.AreDone(static _ => true, static _ => { });
        Assert.Same(context, seen);
        Assert.NotSame(context, SynchronizationContext.Current);
    }
}
