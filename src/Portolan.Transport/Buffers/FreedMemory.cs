namespace Portolan.Transport.Buffers;

/// <summary>
/// What is written over memory that was given back, where the switch <see cref="Switch"/> is on: whoever still looks at it sees that, not
/// the bytes of somebody else some time later. For tests: it costs time.
/// </summary>
internal static class FreedMemory
{
    /// <summary>The name of the <see cref="AppContext"/> switch.</summary>
    internal const string Switch = "Portolan.Transport.PoisonFreedMemory";

    /// <summary>What poisoned memory is full of.</summary>
    internal const byte Poison = 0xde;

    /// <summary>Whether the switch was on when the program first asked.</summary>
    internal static bool IsPoisoned { get; } = AppContext.TryGetSwitch(Switch, out var isOn) && isOn;
}
