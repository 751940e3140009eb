using System.Collections.Concurrent;

namespace Portolan.Scan.Identification;

/// <summary>
/// Remembers why this host could not send: no descriptor, no port, no memory, a firewall of its own. Such a shortage says nothing of a
/// target and mostly passes, so
/// whoever meets one waits and tries again; where it has lasted through one port's attempts, the next ports do not wait as long for the
/// same reason.
/// </summary>
/// <remarks>Safe for use by several threads.</remarks>
/// <param name="clock">The time that waits are measured in.</param>
/// <param name="first">The first wait; each further one is twice as long.</param>
internal sealed class LocalSendFailure(TimeProvider clock, TimeSpan first)
{
    private const int MaxTries = 4;
    private const int TriesOnceItLasts = 1;

    private readonly ConcurrentDictionary<string, bool> _lasting = new(StringComparer.Ordinal);

    /// <summary>Waits before another attempt.</summary>
    /// <param name="reason">Why the last one did not leave this host.</param>
    /// <param name="tries">How often it was tried again already.</param>
    /// <param name="giveUp">Ends the wait.</param>
    /// <returns><c>false</c> where it is not worth another attempt.</returns>
    public async Task<bool> WaitAsync(string reason, int tries, CancellationToken giveUp)
    {
        if (tries >= (_lasting.ContainsKey(reason) ? TriesOnceItLasts : MaxTries))
        {
            _lasting.TryAdd(reason, true);
            return false;
        }

        try
        {
            await Task.Delay(first * (1 << tries), clock, giveUp);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>An attempt left this host: what was short is there again.</summary>
    public void IsOver()
    {
        if (!_lasting.IsEmpty)
        {
            _lasting.Clear();
        }
    }
}
