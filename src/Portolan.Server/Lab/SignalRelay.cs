using Portolan.Linux.Namespaces;
using Portolan.Server.Hosting;

namespace Portolan.Server.Lab;

/// <summary>
/// Sees that a signal reaches the command exactly once. A terminal, or whoever signals the process group, signals the part outside, the one inside and
/// the command; <c>kill PID</c> signals the part outside alone, or the one inside. So what one of the two got and the other did not is handed on.
/// </summary>
internal sealed class SignalRelay : IDisposable
{
    /// <summary>Within this time two signals of a kind are one.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(250);

    /// <summary>128 and SIGHUP: whoever waited for the lab has gone.</summary>
    private const int SignalExit = 129;

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<int> _signalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<int, (long Here, long Outside)> _last = [];
    private readonly SignalCatcher _catcher;
    private NamespaceProcess? _command;
    private int _early;

    /// <summary>Starts to listen.</summary>
    /// <param name="outside">A byte for each signal that the part outside got. When it ends, that part has gone.</param>
    internal SignalRelay(Stream outside)
    {
        _catcher = new SignalCatcher(number => Take(number, isHere: true));
        new Thread(() => Read(outside)) { IsBackground = true, Name = "signals" }.Start();
    }

    /// <summary>The number of the first signal that came.</summary>
    internal Task<int> Signalled => _signalled.Task;

    /// <summary>From now on they go to the command. One that came before ends it.</summary>
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

        // Nobody waits for the lab any more: the kernel kills this process too, but only once the thread has gone that made it.
        Environment.Exit(SignalExit);
    }

    private void Take(int number, bool isHere)
    {
        _signalled.TrySetResult(number);
        NamespaceProcess? command;
        long now;
        lock (_lock)
        {
            now = TimeProvider.System.GetTimestamp();
            var (here, outside) = _last.GetValueOrDefault(number);
            _last[number] = isHere ? (now, outside) : (here, now);
            command = _command;
            _early = command is null ? number : _early;
        }

        // The other one may come a little later.
        if (command is not null)
        {
            _ = HandOnAsync(command, number, isHere, now);
        }
    }

    private async Task HandOnAsync(NamespaceProcess command, int number, bool isHere, long at)
    {
        await Task.Delay(Together);
        bool isGroups;
        lock (_lock)
        {
            var (here, outside) = _last[number];
            var other = isHere ? outside : here;
            isGroups = other != 0 && TimeProvider.System.GetElapsedTime(Math.Min(other, at), Math.Max(other, at)) <= Together;
        }

        // A command in a group of its own got nothing; then one of the two hands it on.
        if (!isGroups || (isHere && !command.IsInOwnGroup))
        {
            command.Signal(number);
        }
    }
}
