namespace Portolan.Watch.Snapshots;

/// <summary>The states that a port may have had when it was looked at.</summary>
[Flags]
public enum PossibleStates : byte
{
    /// <summary>Nothing is known.</summary>
    None = 0,

    /// <summary>It may be open.</summary>
    Open = 1,

    /// <summary>It may be closed.</summary>
    Closed = 2,

    /// <summary>It may be filtered.</summary>
    Filtered = 4,
}

/// <summary>What a result says of the state of a port.</summary>
/// <param name="States">What is possible: <c>open|filtered</c> is two of them.</param>
/// <param name="Word">nmap's word for it; <see cref="PortState.Unknown"/> where the result does not name the port.</param>
/// <param name="IsSilent">It rests on silence, so a lost probe or answer explains it too.</param>
public readonly record struct StateView(PossibleStates States, PortState Word, bool IsSilent)
{
    /// <summary>A port that a whole result does not name: it is not open.</summary>
    public static StateView NotOpen { get; } = new(PossibleStates.Closed | PossibleStates.Filtered, PortState.Unknown, IsSilent: true);

    /// <summary>The text for people and machines: nmap's word, or <c>not open</c>.</summary>
    public string Text => Word != PortState.Unknown ? Word.Name()
        : States switch
        {
            PossibleStates.Closed => "closed",
            PossibleStates.Filtered => "filtered",
            PossibleStates.Open => "open",
            PossibleStates.Closed | PossibleStates.Filtered => "not open",
            PossibleStates.None => "unknown",
            _ => "open or not",
        };

    /// <summary>Whether the two cannot both be true of a port that did not change.</summary>
    public bool Excludes(in StateView other) => (States & other.States) == 0 && States != 0 && other.States != 0;

    /// <summary>A state that a result names.</summary>
    /// <param name="state">The state.</param>
    /// <param name="isAnswer">An answer shows it, such as an ICMP error for a filtered port.</param>
    public static StateView Of(PortState state, bool isAnswer) => new(
        PossibleOf(state), state,
        !isAnswer && state is PortState.Filtered or PortState.OpenFiltered or PortState.ClosedFiltered);

    /// <summary>A port that is not named, of a host whose other ports have these states.</summary>
    public static StateView OfUnnamed(IEnumerable<PortState> states)
    {
        var possible = PossibleStates.None;
        foreach (var state in states)
        {
            possible |= PossibleOf(state);
        }

        return possible == 0 ? NotOpen : new StateView(possible, PortState.Unknown, (possible & PossibleStates.Filtered) != 0);
    }

    private static PossibleStates PossibleOf(PortState state) => state switch
    {
        PortState.Open => PossibleStates.Open,
        PortState.Closed => PossibleStates.Closed,
        PortState.Filtered => PossibleStates.Filtered,
        PortState.Unfiltered => PossibleStates.Open | PossibleStates.Closed,
        PortState.OpenFiltered => PossibleStates.Open | PossibleStates.Filtered,
        PortState.ClosedFiltered => PossibleStates.Closed | PossibleStates.Filtered,
        _ => PossibleStates.None,
    };
}
