using Portolan.Linux.Interop;

namespace Portolan.Linux.Processes;

/// <summary>SIGHUP of a program that nohup(1) started, which ignores it.</summary>
public static class HangUpSignal
{
    private const nint Default = 0;

    /// <summary>
    /// Takes the signal again, for who registers a handler next: the runtime makes none for a signal that is ignored. Until then the signal
    /// ends the process.
    /// </summary>
    public static void Take() => _ = Libc.signal(Libc.SIGHUP, Default);
}
