using System.Diagnostics;
using Portolan.Linux.Names;

namespace Portolan.Sockets.Naming;

/// <summary>
/// Asks this machine's resolver, several addresses at a time. What was once asked is remembered, so a later look gets late answers too.
/// </summary>
/// <remarks>
/// A lookup cannot be stopped, so the threads are background threads: the program ends without waiting for them. They start when
/// there is something to ask. The lock guards all fields below it.
/// </remarks>
public sealed class SystemNameResolver : IAddressNameResolver
{
    private const int MostThreads = 16;
    private const int StackBytes = 256 * 1024;

    /// <summary>A wait is cut into pieces, so that Ctrl-C is seen soon.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);

    private readonly object _lock = new();
    private readonly Dictionary<InternetAddress, string?> _known = [];
    private readonly HashSet<InternetAddress> _asked = [];
    private readonly Queue<InternetAddress> _waiting = new();
    private readonly Func<InternetAddress, string?> _lookup;
    private int _threads;

    /// <summary>Asks through <paramref name="lookup"/>, which may block; this machine's resolver when it is <c>null</c>.</summary>
    public SystemNameResolver(Func<InternetAddress, string?>? lookup = null) => _lookup = lookup ?? ReverseLookup.Find;

    /// <inheritdoc/>
    public IReadOnlyDictionary<InternetAddress, string> Resolve(
        IReadOnlyCollection<InternetAddress> addresses, TimeSpan budget, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        lock (_lock)
        {
            Ask(addresses);
            while (addresses.Any(address => !_known.ContainsKey(address)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var left = budget - Stopwatch.GetElapsedTime(start);
                if (left <= TimeSpan.Zero)
                {
                    break;
                }

                Monitor.Wait(_lock, left < LongestWait ? left : LongestWait);
            }

            return Names(addresses);
        }
    }

    private void Ask(IReadOnlyCollection<InternetAddress> addresses)
    {
        foreach (var address in addresses)
        {
            if (_asked.Add(address))
            {
                _waiting.Enqueue(address);
            }
        }

        for (var wanted = Math.Min(MostThreads, _waiting.Count); _threads < wanted; _threads++)
        {
            new Thread(Work, StackBytes) { IsBackground = true, Name = "names" }.Start();
        }
    }

    private Dictionary<InternetAddress, string> Names(IReadOnlyCollection<InternetAddress> addresses)
    {
        var names = new Dictionary<InternetAddress, string>();
        foreach (var address in addresses)
        {
            if (_known.GetValueOrDefault(address) is { } name)
            {
                names[address] = name;
            }
        }

        return names;
    }

    private void Work()
    {
        while (true)
        {
            InternetAddress address;
            lock (_lock)
            {
                if (!_waiting.TryDequeue(out address))
                {
                    _threads--;
                    return;
                }
            }

            var name = _lookup(address);
            lock (_lock)
            {
                _known[address] = name;

                // Waking the one who waits for each of thousands of answers would cost more than it brings.
                if (_waiting.Count == 0 || _known.Count % MostThreads == 0)
                {
                    Monitor.PulseAll(_lock);
                }
            }
        }
    }
}

/// <summary>Finds names of addresses. Tests give their own, so that no test asks a name server.</summary>
public interface IAddressNameResolver
{
    /// <summary>
    /// Names of those addresses that have one and whose name came within <paramref name="budget"/>, which is for all of them together.
    /// </summary>
    IReadOnlyDictionary<InternetAddress, string> Resolve(
        IReadOnlyCollection<InternetAddress> addresses, TimeSpan budget, CancellationToken cancellationToken);
}
