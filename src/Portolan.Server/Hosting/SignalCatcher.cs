using System.Runtime.InteropServices;

namespace Portolan.Server.Hosting;

/// <summary>Catches the signals that ask a program to end: SIGHUP, SIGINT, SIGQUIT and SIGTERM.</summary>
internal sealed class SignalCatcher : IDisposable
{
    /// <summary>Their numbers (signal(7)), which are the same on every architecture.</summary>
    private static readonly (PosixSignal Signal, int Number)[] Known =
        [(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15)];

    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>Starts to catch them.</summary>
    /// <param name="caught">Gets the number of each, on a thread of the pool.</param>
    internal SignalCatcher(Action<int> caught)
    {
        foreach (var (signal, number) in Known)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                caught(number);
            }));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _registrations.ForEach(static r => r.Dispose());
}
