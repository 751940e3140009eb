using Portolan.Model;
using Portolan.Scan.Names;
using Portolan.Sockets.Naming;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>Lets the system's resolver look up the names of addresses (<c>--system-dns</c>).</summary>
internal sealed class SystemReverseNames(IAddressNameResolver resolver, TimeProvider clock) : IReverseNames
{
    private const int AtOnce = 256;

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100);

    /// <summary>A name that is not there after so long does not come.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public void Find(IReadOnlyList<InternetAddress> addresses, Action<int, string> found, Func<double, bool> goOn)
    {
        for (var start = 0; start < addresses.Count; start += AtOnce)
        {
            var some = new List<InternetAddress>(AtOnce);
            for (var i = start; i < Math.Min(start + AtOnce, addresses.Count); i++)
            {
                some.Add(addresses[i]);
            }

            var names = Resolve(some, () => goOn((double)start / addresses.Count), out var isStopped);
            for (var i = 0; i < some.Count; i++)
            {
                if (names.TryGetValue(some[i], out var name))
                {
                    found(start + i, name);
                }
            }

            if (isStopped)
            {
                return;
            }
        }
    }

    // In slices, so that the run is asked whether to go on. A call that returns before its time is over has every answer.
    private IReadOnlyDictionary<InternetAddress, string> Resolve(List<InternetAddress> addresses, Func<bool> goOn, out bool isStopped)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var asked = clock.GetTimestamp();
            var names = resolver.Resolve(addresses, Slice, CancellationToken.None);
            isStopped = !goOn();
            if (isStopped || clock.GetElapsedTime(asked) < Slice || clock.GetElapsedTime(began) > Patience)
            {
                return names;
            }
        }
    }
}
