using Portolan.Linux.Namespaces;
using Portolan.Server.Hosting;

namespace Portolan.Server.Lab;

/// <summary>
/// Sees that a signal reaches the command exactly once. A terminal, or whoever signals the process group, signals the part outside, the one
/// inside and the command; <c>kill PID</c> signals the part outside alone, or the one inside. So what one of the two got and the other did
/// not is handed on.
/// </summary>
internal sealed class SignalRelay : IDisposable
{
    /// <summary>How often a signal that one of the two got looks for the other's, which a busy machine delivers later.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// How many times, for one that only the part outside got: the kernel gives all of a group theirs at once, and this process need only
    /// take it.
    /// </summary>
    private const int TurnsForHere = 12;

    /// <summary>How many times, for one that only this process got: the part outside has to run before it can tell.</summary>
    private const int TurnsForOutside = 40;

    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(10);

    /// <summary>128 and SIGHUP: the caller that waited for the lab has gone.</summary>
    private const int SignalExit = 129;

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<int> _signalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Lone> _lone = [];
    private readonly SignalCatcher _catcher;
    private NamespaceProcess? _command;
    private int _early;
    private bool _isExpected;

    /// <summary>Starts to listen.</summary>
    /// <param name="outside">A byte for each signal that the part outside got. When it ends, that part has gone.</param>
    internal SignalRelay(Stream outside)
    {
        _catcher = new SignalCatcher(number => Take(number, isHere: true));
        new Thread(() => Read(outside)) { IsBackground = true, Name = "signals" }.Start();
    }

    /// <summary>The number of the first signal that came.</summary>
    internal Task<int> Signalled => _signalled.Task;

    /// <summary>
    /// From now on the command is there, so that a signal of the whole group reaches it too, even before <see cref="SendTo"/>. What came
    /// earlier is sent to it once more: either it did not get that, or it ends by it before its program runs.
    /// </summary>
    internal void Expect()
    {
        // One that was sent to the group just before the command was there is known to this process by then.
        Thread.Sleep(Settling);
        lock (_lock)
        {
            _isExpected = true;
        }
    }

    /// <summary>From now on they go to the command. One that came before <see cref="Expect"/> ends it.</summary>
    internal void SendTo(NamespaceProcess command)
    {
        int early;
        lock (_lock)
        {
            _command = command;
            early = _early;
        }

        if (early != 0)
        {
            command.Signal(early);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _catcher.Dispose();

    private void Read(Stream outside)
    {
        try
        {
            for (int number; (number = outside.ReadByte()) > 0;)
            {
                Take(number, isHere: false);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // As if it had ended.
        }

        // No caller waits for the lab any more: the kernel kills this process too, but only once the thread has gone that made it.
        Environment.Exit(SignalExit);
    }

    private void Take(int number, bool isHere)
    {
        _signalled.TrySetResult(number);
        var signal = new Lone(number, isHere);
        Lone? other;
        NamespaceProcess? command;
        lock (_lock)
        {
            command = _command;
            other = _lone.Find(l => l.Number == number && l.IsHere != isHere);
            if (other is not null)
            {
                _lone.Remove(other);
            }
            else
            {
                signal.IsEarly = !_isExpected;
                _early = signal.IsEarly ? number : _early;
                _lone.Add(signal);
            }
        }

        if (other is null)
        {
            _ = WaitAsync(signal);
        }
        else if (command is not null && !other.IsEarly && !command.IsInOwnGroup)
        {
            // Both got it, so it was the group's, and a command in a group of its own got nothing.
            command.Signal(number);
        }
    }

    /// <summary>
    /// Hands on a signal that stays alone. Counted in turns and not in time, because in a turn of this process the others have theirs.
    /// </summary>
    private async Task WaitAsync(Lone signal)
    {
        for (var turn = 0; turn < (signal.IsHere ? TurnsForOutside : TurnsForHere); turn++)
        {
            await Task.Delay(Turn);
        }

        NamespaceProcess? command;
        lock (_lock)
        {
            if (!_lone.Remove(signal) || signal.IsEarly)
            {
                return;
            }

            command = _command;
            _early = command is null ? signal.Number : _early;
        }

        command?.Signal(signal.Number);
    }

    /// <summary>A signal that one of the two parts got, and the other not yet.</summary>
    private sealed class Lone(int number, bool isHere)
    {
        internal int Number => number;

        internal bool IsHere => isHere;

        /// <summary>Whether it came before the command, which gets it at its start.</summary>
        internal bool IsEarly { get; set; }
    }
}
