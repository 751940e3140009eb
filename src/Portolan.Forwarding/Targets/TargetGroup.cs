namespace Portolan.Forwarding.Targets;

/// <summary>
/// The targets of one forward. Connections go to one after the other, past those that are down; where all are, to the next all the same.
/// </summary>
/// <param name="targets">At least one, at most 64.</param>
internal sealed class TargetGroup(IReadOnlyList<ForwardTarget> targets)
{
    /// <summary>More targets than these a forward cannot have.</summary>
    public const int Most = 64;

    private readonly ForwardTarget[] _targets = [.. targets];
    private int _turn = -1;

    /// <summary>All of them.</summary>
    public IReadOnlyList<ForwardTarget> All => _targets;

    /// <summary>The target for a new connection, or for another try of it.</summary>
    /// <param name="tried">Bits of those that were tried; the chosen one's is added.</param>
    /// <param name="now">Milliseconds of the engine's clock.</param>
    /// <returns><c>null</c> when all were tried.</returns>
    public ForwardTarget? Choose(ref ulong tried, long now)
    {
        var count = _targets.Length;
        var fallback = -1;
        for (var i = 0; i < count; i++)
        {
            // Each that is left out takes a turn too: its share goes to all others alike, not to its neighbour.
            var index = count == 1 ? 0 : (int)((uint)Interlocked.Increment(ref _turn) % (uint)count);
            if ((tried & (1UL << index)) != 0)
            {
                continue;
            }

            if (_targets[index].IsUp(now))
            {
                tried |= 1UL << index;
                return _targets[index];
            }

            fallback = fallback < 0 ? index : fallback;
        }

        // Another thread may have taken turns in between, and with them a target past this loop.
        for (var index = 0; index < count && fallback < 0; index++)
        {
            fallback = (tried & (1UL << index)) == 0 ? index : fallback;
        }

        if (fallback < 0)
        {
            return null;
        }

        tried |= 1UL << fallback;
        return _targets[fallback];
    }
}
