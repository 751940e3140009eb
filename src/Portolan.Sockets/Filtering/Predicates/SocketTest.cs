using Portolan.Sockets.Filtering.Pushdown;

namespace Portolan.Sockets.Filtering.Predicates;

/// <summary>A condition on sockets with its names resolved. Judging allocates nothing.</summary>
/// <remarks>
/// Beside judging, a test reports what it lets through in terms that the kernel can apply before copying a socket. Both answers are
/// over-approximations for each polarity: they may let through what the test refuses, never refuse what it lets through.
/// </remarks>
internal abstract class SocketTest
{
    /// <summary>Facts it needs beyond the entry.</summary>
    public virtual FilterNeeds Needs => FilterNeeds.None;

    /// <summary>What it costs to judge: operands are judged in ascending order.</summary>
    public virtual int Cost => 1;

    /// <summary>Judges one socket.</summary>
    public abstract FilterResult Judge(in SocketEntry entry, FilterContext context);

    /// <summary>Kinds, families and states that the test (or, with <paramref name="holds"/> false, its negation) can hold for.</summary>
    public virtual SocketBounds Bounds(bool holds) => SocketBounds.All;

    /// <summary>A condition for the kernel that holds wherever the test (or its negation) does.</summary>
    public virtual KernelCondition Kernel(bool holds) => KernelCondition.True;

    /// <summary>Turns a decided condition into a result.</summary>
    protected static FilterResult Decided(bool value) => value ? FilterResult.Yes : FilterResult.No;

    /// <summary>Whether the entry has internet addresses and ports.</summary>
    protected static bool IsInternet(in SocketEntry entry) => entry.Protocol is not (SocketProtocol.Unix or SocketProtocol.Packet);
}
