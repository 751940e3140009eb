namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>What strangers do to a host, packet by packet.</summary>
/// <param name="Name">Its name, in docs/hostile-peers.md too.</param>
/// <param name="Strike">Does one step of it; the world has been prepared.</param>
/// <param name="Counted">The counter of the victim that tells of it.</param>
internal sealed record Attack(string Name, Action<HostileWorld> Strike, Func<HostileWorld, long> Counted)
{
    /// <summary>What comes before.</summary>
    internal Action<HostileWorld> Prepare { get; init; } = static _ => { };

    /// <summary>Whether it is about what the victim sends, and not about what it receives.</summary>
    internal bool IsAboutSending { get; init; }

    /// <summary>How many steps a test takes.</summary>
    internal int Steps { get; init; } = 5000;

    /// <summary>All there are; each call makes them anew, for they keep what they have reached.</summary>
    internal static IEnumerable<Attack> All() =>
    [
        .. OpeningAttacks.All(), .. FastOpenAttacks.All(), .. GuessingAttacks.All(), .. WindowAttacks.All(), .. SackAttacks.All(),
        .. OptionAttacks.All(), .. BufferAttacks.All(),
        .. EndingAttacks.All(), .. FragmentAttacks.All(), .. IcmpAttacks.All(), .. AddressAttacks.All(),
    ];
}
