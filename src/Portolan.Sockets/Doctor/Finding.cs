namespace Portolan.Sockets.Doctor;

/// <summary>What was found about one ability.</summary>
/// <param name="Topic">One lower-case word, stable between versions.</param>
/// <param name="State">How well it works.</param>
/// <param name="Detail">One sentence without a full stop.</param>
/// <param name="Remedy">The one command that grants more, or <c>null</c> when there is none or none is needed.</param>
public sealed record Finding(string Topic, FindingState State, string Detail, Advice? Remedy = null);

/// <summary>How well something works.</summary>
public enum FindingState
{
    /// <summary>Fully.</summary>
    Ok,

    /// <summary>In part, or slower.</summary>
    Limited,

    /// <summary>Not at all.</summary>
    Missing,
}

/// <summary>Names of the states in the machine format.</summary>
public static class FindingStateNames
{
    /// <summary><c>ok</c>, <c>limited</c> or <c>missing</c>.</summary>
    public static string Name(this FindingState state) => state switch
    {
        FindingState.Ok => "ok",
        FindingState.Limited => "limited",
        _ => "missing",
    };
}
