using Portolan.Sockets.Filtering.Pushdown;
using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Sockets.Filtering.Predicates;

/// <summary>The user who made the socket is one of several ranges of ids. Where no socket owns the entry there is no user.</summary>
internal sealed class UserTest(NumberRange[] ids) : SocketTest
{
    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context) =>
        Decided(entry.HasUser && entry.State != SocketState.TimeWait && NumberTest.Contains(ids, entry.UserId));

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds) => holds ? SocketBounds.Owned : SocketBounds.All;
}

/// <summary>A queue's length is in one of several ranges.</summary>
internal sealed class NumberTest(bool isSendQueue, NumberRange[] ranges) : SocketTest
{
    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context) =>
        Decided(Contains(ranges, isSendQueue ? entry.SendQueue : entry.ReceiveQueue));

    /// <summary>Whether a number is in one of the ranges.</summary>
    public static bool Contains(NumberRange[] ranges, uint number)
    {
        foreach (var range in ranges)
        {
            if (number >= range.First && number <= range.Last)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The bytes in a second are in one of several ranges. Unknown where traffic is not counted.</summary>
internal sealed class RateTest(NumberRange[] ranges) : SocketTest
{
    /// <inheritdoc/>
    public override FilterNeeds Needs => FilterNeeds.Rates;

    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context) =>
        context.Rate?.Invoke(entry.Inode) is { } rate
            ? Decided(NumberTest.Contains(ranges, (uint)Math.Min(rate, uint.MaxValue)))
            : FilterResult.Unknown;
}

/// <summary>The path of a Unix socket matches.</summary>
internal sealed class UnixPathTest(TextPattern[] patterns) : SocketTest
{
    private static readonly SocketBounds Unix = SocketBounds.All.Intersect(SocketBounds.All with { Protocols = SocketProtocols.Unix });

    /// <inheritdoc/>
    public override FilterNeeds Needs => FilterNeeds.UnixPaths;

    /// <inheritdoc/>
    public override int Cost => 3;

    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context)
    {
        if (entry.Protocol != SocketProtocol.Unix)
        {
            return FilterResult.No;
        }

        return context.Snapshot is { } snapshot
            ? Decided(TextPattern.AnyMatches(patterns, entry.UnixIndex < 0 ? "" : snapshot.Sockets.Unix[entry.UnixIndex].Path))
            : FilterResult.Unknown;
    }

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds) => holds ? Unix : SocketBounds.All;

    /// <inheritdoc/>
    public override KernelCondition Kernel(bool holds) => holds ? KernelCondition.False : KernelCondition.True;
}

/// <summary>The network namespace has a name, a number, or is the caller's own.</summary>
internal sealed class NamespaceTest : SocketTest
{
    private readonly TextPattern[] _names;
    private readonly ulong[] _inodes;
    private readonly bool _own;

    /// <summary>Takes names with wildcards, inode numbers as <c>4026531840</c> or <c>net:[4026531840]</c>, and <c>self</c>.</summary>
    public NamespaceTest(IReadOnlyList<string> values)
    {
        _names = [.. values.Select(static value => new TextPattern(value))];
        _inodes = [.. values.Select(Inode).Where(static inode => inode != 0)];
        _own = values.Any(static value => value.Equals("self", StringComparison.OrdinalIgnoreCase));
    }

    /// <inheritdoc/>
    public override FilterNeeds Needs => FilterNeeds.Namespaces;

    /// <inheritdoc/>
    public override int Cost => 3;

    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context)
    {
        if (context.Snapshot is not { } snapshot || entry.NamespaceIndex >= snapshot.Namespaces.Count)
        {
            return FilterResult.Unknown;
        }

        var found = snapshot.Namespaces[entry.NamespaceIndex];
        return Decided(
            (_own && found.IsOwn) || _inodes.AsSpan().Contains(found.Inode)
                || (found.Name is not null && TextPattern.AnyMatches(_names, found.Name)));
    }

    private static ulong Inode(string value)
    {
        var digits = value.StartsWith("net:[", StringComparison.Ordinal) && value.EndsWith(']') ? value.AsSpan(5, value.Length - 6) : value;
        return ulong.TryParse(
            digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var inode) ? inode : 0;
    }
}
