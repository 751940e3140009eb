namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// How slowly to repeat datagrams to hosts that answered some. Nearly every host limits the ICMP messages that refuse datagrams
/// (Linux to one a second after a first few), so its silence may be thrift. The wait between probes doubles while repeats stay silent, up
/// to the longest, and stays where they are answered; a host that is silent at the longest wait too is silent, and is waited for no more.
/// </summary>
internal sealed class DatagramPatience
{
    private const byte SilentToDouble = 3;
    private const byte SilentToBelieve = 8;
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan UsualLongest = TimeSpan.FromSeconds(1);

    private readonly HostPaces _paces;
    private readonly TimeSpan _longest;
    private readonly byte[] _silent;

    /// <summary>Begins a pass of repeats.</summary>
    public DatagramPatience(HostPaces paces, TimingSettings timing)
    {
        _paces = paces;
        _silent = new byte[paces.Count];

        // The short delays of -T4 and -T5 are for TCP (nmap reference guide, "Timing and Performance"); one that a person names is for
        // both.
        _longest = timing.MaxScanDelay == TimingSettings.Template(timing.Number).MaxScanDelay ? UsualLongest : timing.MaxScanDelay;
        for (var host = 0; host < paces.Count; host++)
        {
            if (paces.HasAnswered(host) && paces.DelayOf(host) < First)
            {
                paces.SetDelay(host, First < _longest ? First : _longest);
            }
        }
    }

    /// <summary>A repeat was answered: the pace is right.</summary>
    public void Answered(int host) => _silent[host] = 0;

    /// <summary>A repeat was not.</summary>
    public void Silent(int host)
    {
        var delay = _paces.DelayOf(host);
        if (delay == TimeSpan.Zero)
        {
            return;
        }

        _silent[host]++;
        if (delay < _longest && _silent[host] >= SilentToDouble)
        {
            _silent[host] = 0;
            _paces.SetDelay(host, delay * 2 < _longest ? delay * 2 : _longest);
        }
        else if (_silent[host] >= SilentToBelieve)
        {
            _silent[host] = 0;
            _paces.SetDelay(host, TimeSpan.Zero);
        }
    }
}
