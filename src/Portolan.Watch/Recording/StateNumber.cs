using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>A state as the number that the store holds: what is possible, nmap's word, and whether it rests on silence.</summary>
internal static class StateNumber
{
    /// <summary>The number.</summary>
    public static long Of(StateView state) => (byte)state.States | ((byte)state.Word << 4) | (state.IsSilent ? 1 << 12 : 0);

    /// <summary>The state.</summary>
    public static StateView Read(long number) =>
        new((PossibleStates)(number & 7), (PortState)((number >> 4) & 0xff), (number & (1 << 12)) != 0);
}
