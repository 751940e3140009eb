using System.Globalization;
using Portolan.Model;
using Portolan.Transport.Tcp;

namespace Portolan.Packetdrill;

/// <summary>
/// Settings of the host that scripts make: NAME=VALUE lines that the stub of <c>sysctl</c> has recorded, and files of a private /proc/sys
/// that scripts write themselves. Names of Linux and FreeBSD that mean something to the stack are applied, all others ignored.
/// </summary>
internal sealed class Sysctls
{
    private static readonly string[] Files =
    [
        "tcp_timestamps", "tcp_sack", "tcp_window_scaling", "tcp_rmem", "tcp_wmem", "tcp_syn_retries", "tcp_synack_retries", "tcp_frto",
        "tcp_ecn",
        "tcp_slow_start_after_idle", "tcp_congestion_control", "tcp_notsent_lowat", "tcp_min_tso_segs", "tcp_early_retrans", "tcp_retries2",
        "tcp_mtu_probing",
        "tcp_base_mss", "tcp_fastopen",
    ];

    private readonly string? _log;
    private readonly string? _folder;
    private readonly Dictionary<string, string> _seen = new(StringComparer.Ordinal);

    private readonly Dictionary<InternetAddress, int> _routeMtus = [];
    private long _read;

    /// <param name="profile">linux or freebsd.</param>
    /// <param name="log">What the stub has recorded.</param>
    /// <param name="folder">A private /proc/sys/net/ipv4, or null.</param>
    internal Sysctls(string? profile, string? log, string? folder)
    {
        (_log, _folder) = (log, folder);
        IsFreeBsd = string.Equals(profile, "freebsd", StringComparison.Ordinal);
        // The public scripts are of kernels before 6.18.
        Profile = IsFreeBsd ? TcpProfile.FreeBsd : TcpProfile.Linux with { AnswersUnsentAcknowledgment = false };
        RefreshFiles(isFirst: true);
    }

    internal bool IsFreeBsd { get; }

    internal TcpProfile Profile { get; private set; }

    internal int SendBuffer { get; private set; } = 65_536;

    /// <summary>Whether clients may use Fast Open (bit 1 of the setting).</summary>
    internal bool HasFastOpen { get; private set; } = true;

    /// <summary>Whether the queue in front of the link takes nothing: what the stub of <c>tc</c> has written down.</summary>
    internal bool IsLinkShut { get; private set; }

    /// <summary>MTUs of routes that the stub of <c>ip</c> has written down, by destination.</summary>
    internal IReadOnlyDictionary<InternetAddress, int> RouteMtus => _routeMtus;

    internal long NotSentLowWater { get; private set; } = uint.MaxValue;

    /// <summary>Takes what is new. Returns whether the profile has changed.</summary>
    internal bool Refresh()
    {
        var before = Profile;
        if (_log is not null && File.Exists(_log) && new FileInfo(_log).Length > _read)
        {
            using var stream = new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            stream.Position = _read;
            using var reader = new StreamReader(stream);
            while (reader.ReadLine() is { } line)
            {
                var parts = line.Split('=', 2);
                if (parts.Length == 2)
                {
                    Apply(parts[0].Trim().Replace('/', '.'), parts[1].Trim());
                }
            }

            _read = stream.Length;
        }

        RefreshFiles(isFirst: false);
        return before != Profile;
    }

    private static long[] Numbers(string value) =>
        [.. value.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Select(
            v => long.TryParse(v, CultureInfo.InvariantCulture, out var n) ? n : 0)];

    private void RefreshFiles(bool isFirst)
    {
        foreach (var name in _folder is null ? [] : Files)
        {
            var path = Path.Combine(_folder!, name);
            if (!File.Exists(path))
            {
                continue;
            }

            var value = File.ReadAllText(path).Trim();
            if (_seen.TryGetValue(name, out var seen)
                ? !Numbers(seen).SequenceEqual(Numbers(value)) || (value.Length > 0 && char.IsLetter(value[0]) && seen != value)
                : !isFirst)
            {
                Apply("net.ipv4." + name, value);
            }

            _seen[name] = value;
        }
    }

    private void Apply(string name, string value)
    {
        // What the stub has set it has also written into the private files; a value there that differs was written after.
        _seen[name[(name.LastIndexOf('.') + 1)..]] = value;
        var numbers = Numbers(value);
        var number = numbers.Length > 0 ? numbers[0] : 0;
        Profile = name switch
        {
            "net.ipv4.tcp_timestamps" => With(TcpSynOption.Timestamps, number != 0),
            "net.ipv4.tcp_sack" or "net.inet.tcp.sack.enable" => With(TcpSynOption.SackPermitted, number != 0),
            "net.ipv4.tcp_window_scaling" => With(TcpSynOption.WindowScale, number != 0),
            "net.inet.tcp.rfc1323" =>
                Profile with { SynOptions = Order(Profile.SynOptions, TcpSynOption.Timestamps, TcpSynOption.WindowScale, number != 0) },
            "net.ipv4.tcp_rmem" when numbers.Length == 3 => Profile with
            {
                InitialReceiveBuffer = (int)Math.Min(numbers[1] / 2, 1 << 24),
                MaxReceiveBuffer = (int)Math.Min(numbers[2], 1 << 29),
            },
            "net.ipv4.tcp_wmem" when numbers.Length == 3 => WithSendBuffer(numbers),
            "net.inet.tcp.recvspace" => Profile with { InitialReceiveBuffer = (int)number },
            "net.inet.tcp.recvbuf_max" => Profile with { MaxReceiveBuffer = (int)Math.Min(number, 1 << 29) },
            "kern.ipc.maxsockbuf" => Profile with { WindowScale = ScaleFor(number) },
            "net.inet.tcp.blackhole" => Profile with { ResetsClosedPorts = number == 0 },
            "net.inet.tcp.delacktime" => Profile with { DelayedAck = Milliseconds(number) },
            "net.inet.tcp.rexmit_initial" => Profile with { RetransmissionTimeoutInitial = Milliseconds(number) },
            "net.inet.tcp.rexmit_min" => Profile with { RetransmissionTimeoutMin = Milliseconds(number) },
            "net.inet.tcp.keepidle" => Profile with { KeepaliveIdle = Milliseconds(number) },
            "net.inet.tcp.keepintvl" => Profile with { KeepaliveInterval = Milliseconds(number) },
            "net.inet.tcp.keepcnt" => Profile with { KeepaliveProbes = (int)number },
            "net.inet.tcp.ecn.maxretries" => Profile with { EcnSynRetries = (int)number },
            "net.inet.tcp.tolerate_missing_ts" => Profile with { ToleratesMissingTimestamps = number != 0 },
            "net.inet.tcp.sendspace" => Profile with { InitialSendBuffer = (int)number },
            "net.inet.tcp.sendbuf_max" => Profile with { MaxSendBuffer = (int)Math.Min(number, 1 << 29) },
            "net.ipv4.tcp_syn_retries" => Profile with { SynRetries = (int)number },
            "net.ipv4.tcp_synack_retries" => Profile with { SynAckRetries = (int)number },
            "net.ipv4.tcp_retries2" => Profile with { MaxRetransmissions = (int)number },
            "net.ipv4.tcp_mtu_probing" => Profile with { MtuProbing = (TcpMtuProbing)Math.Clamp(number, 0, 2) },
            "net.ipv4.tcp_base_mss" => Profile with { BaseSegmentSize = (int)number },
            "net.ipv4.tcp_frto" => Profile with { UsesForwardRto = number != 0 },
            "net.ipv4.tcp_ecn" or "net.inet.tcp.ecn.enable" => Profile with
            {
                Ecn = number switch { 0 => TcpEcnPolicy.Off, 1 => TcpEcnPolicy.Request, _ => TcpEcnPolicy.Grant },
            },
            "net.ipv4.tcp_slow_start_after_idle" => Profile with { RestartsAfterIdle = number != 0 },
            "net.ipv4.tcp_early_retrans" => Profile with { UsesTailProbes = number != 0 },
            "net.ipv4.tcp_min_tso_segs" => Profile with { MinSuperSegment = (int)number },
            "net.ipv4.tcp_congestion_control" or "net.inet.tcp.cc.algorithm" => Profile with
            {
                Congestion = value is "reno" or "newreno" ? TcpCongestionAlgorithm.Reno : TcpCongestionAlgorithm.Cubic,
            },
            "net.inet.tcp.initcwnd_segments" or "ip.initcwnd" => Profile with { InitialWindowSegments = (int)number },
            "net.inet.tcp.delayed_ack" =>
                Profile with { DelayedAck = number != 0 ? TimeSpan.FromMilliseconds(40) : TimeSpan.FromMilliseconds(1) },
            "net.inet.tcp.msl" => Profile with { TimeWait = TimeSpan.FromMilliseconds(2 * number) },
            _ => Profile,
        };
        if (name == "net.ipv4.tcp_notsent_lowat")
        {
            NotSentLowWater = number;
        }
        else if (name == "net.ipv4.tcp_fastopen")
        {
            var isHex = value.StartsWith("0x", StringComparison.Ordinal);
            HasFastOpen = int.TryParse(
                isHex ? value[2..] : value, isHex ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
                && (bits & 1) != 0;
        }
        else if (name == "ip.route")
        {
            TakeRoute(value);
        }
        else if (name == "tc.limit")
        {
            IsLinkShut = number == 0;
        }
    }

    /// <summary>DESTINATION MTU, both as the stub of <c>ip</c> has found them.</summary>
    private void TakeRoute(string value)
    {
        var words = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 2 && InternetAddress.TryParse(words[0], out var destination)
            && int.TryParse(words[1], CultureInfo.InvariantCulture, out var mtu))
        {
            _routeMtus[destination] = mtu;
        }
    }

    private static TimeSpan Milliseconds(long number) => TimeSpan.FromMilliseconds(Math.Max(1, number));

    /// <summary>FreeBSD's shift: the least that tells the largest buffer of a socket.</summary>
    private static byte ScaleFor(long buffer)
    {
        byte scale = 0;
        while (scale < 14 && (65_535L << scale) < buffer)
        {
            scale++;
        }

        return scale;
    }

    private TcpProfile WithSendBuffer(long[] numbers)
    {
        SendBuffer = (int)numbers[1];
        return Profile with { InitialSendBuffer = (int)Math.Min(numbers[1], 1 << 24), MaxSendBuffer = (int)Math.Min(numbers[2], 1 << 29) };
    }

    private TcpProfile With(TcpSynOption option, bool isOn) =>
        Profile with { SynOptions = Order(Profile.SynOptions, option, option, isOn) };

    /// <summary>The options without those two, or with them where the system's own order has them.</summary>
    private TcpSynOption[] Order(IReadOnlyList<TcpSynOption> now, TcpSynOption one, TcpSynOption other, bool isOn)
    {
        var order = (IsFreeBsd ? TcpProfile.FreeBsd : TcpProfile.Linux).SynOptions;
        return [.. order.Where(o => o == one || o == other ? isOn : now.Contains(o))];
    }
}
