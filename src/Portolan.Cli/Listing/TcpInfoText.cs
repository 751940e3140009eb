using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>
/// <c>struct tcp_info</c> and the algorithm's own figures in ss's words and order (iproute2, ss -i with -n). What is zero is left out where
/// ss leaves it out. Rates are in bits per second.
/// </summary>
internal static class TcpInfoText
{
    /// <summary>What tcpi_rto says of a socket that has no estimate yet: three seconds (TCP_TIMEOUT_FALLBACK of net/tcp.h).</summary>
    private const uint FallbackRto = 3_000_000;

    /// <summary>A threshold that was never set is TCP_INFINITE_SSTHRESH, 0x7fffffff; ss shows none from here on.</summary>
    private const uint LeastHiddenThreshold = 0xffff;

    /// <summary>TCP_FASTRETRANS_THRESH of net/tcp.h, from which a connection begins.</summary>
    private const uint UsualReordering = 3;

    /// <summary>Writes everything that the kernel told of a connection.</summary>
    /// <param name="tcp">With <see cref="TcpDetails.Info"/>.</param>
    /// <param name="options">Whether the options of the connection are named: ss does that with -o.</param>
    /// <param name="output">Where to.</param>
    internal static void Write(in TcpDetails tcp, bool options, Utf8Writer output)
    {
        var info = new KernelTcpInfo(tcp.Info.Span);
        Options(options ? info.Options : TcpInfoOptions.None, output);
        if (tcp.CongestionControl is { } algorithm)
        {
            output.Write(' ');
            output.WriteEscaped(algorithm);
        }

        if ((info.Options & TcpInfoOptions.WindowScale) != 0)
        {
            DetailLine.Number(output, " wscale:"u8, (ulong)info.SendWindowScale);
            DetailLine.Number(output, ","u8, (ulong)info.ReceiveWindowScale);
        }

        Timing(info, output);
        Sizes(info, output);
        Counts(info, output);
        Figures(tcp, output);
        Rates(info, output);
        Waits(info, output);
        Recovery(info, output);
        Receiving(info, output);
    }

    private static void Options(TcpInfoOptions options, Utf8Writer output)
    {
        Flag(output, " ts"u8, (options & TcpInfoOptions.Timestamps) != 0);
        Flag(output, " sack"u8, (options & TcpInfoOptions.Sack) != 0);
        Flag(output, " ecn"u8, (options & TcpInfoOptions.Ecn) != 0);
        Flag(output, " ecnseen"u8, (options & TcpInfoOptions.EcnSeen) != 0);
        Flag(output, " fastopen"u8, (options & TcpInfoOptions.SynData) != 0);
    }

    private static void Timing(KernelTcpInfo info, Utf8Writer output)
    {
        Milliseconds(output, " rto:"u8, info.Rto == FallbackRto ? 0 : info.Rto);
        DetailLine.Optional(output, " backoff:"u8, info.Backoff);
        if (info.Rtt > 0)
        {
            Milliseconds(output, " rtt:"u8, info.Rtt);
            output.Write('/');
            WriteDecimal(output, info.RttVariance, 1000);
        }

        Milliseconds(output, " ato:"u8, info.Ato);
    }

    private static void Sizes(KernelTcpInfo info, Utf8Writer output)
    {
        DetailLine.Optional(output, " mss:"u8, info.SendMss);
        DetailLine.Optional(output, " pmtu:"u8, info.PathMtu);
        DetailLine.Optional(output, " rcvmss:"u8, info.ReceiveMss);
        DetailLine.Optional(output, " advmss:"u8, info.AdvertisedMss);
        DetailLine.Optional(output, " cwnd:"u8, info.CongestionWindow);
        DetailLine.Optional(output, " ssthresh:"u8, info.SlowStartThreshold < LeastHiddenThreshold ? info.SlowStartThreshold : 0);
    }

    // Here tcpi_bytes_sent itself, which counts what was sent again, as in ss; the column and --json leave that out.
    private static void Counts(KernelTcpInfo info, Utf8Writer output)
    {
        DetailLine.Optional(output, " bytes_sent:"u8, info.BytesSent);
        DetailLine.Optional(output, " bytes_retrans:"u8, info.BytesRetransmitted);
        DetailLine.Optional(output, " bytes_acked:"u8, info.BytesAcknowledged);
        DetailLine.Optional(output, " bytes_received:"u8, info.BytesReceived);
        DetailLine.Optional(output, " segs_out:"u8, info.SegmentsOut);
        DetailLine.Optional(output, " segs_in:"u8, info.SegmentsIn);
        DetailLine.Optional(output, " data_segs_out:"u8, info.DataSegmentsOut);
        DetailLine.Optional(output, " data_segs_in:"u8, info.DataSegmentsIn);
    }

    private static void Figures(in TcpDetails tcp, Utf8Writer output)
    {
        var bytes = tcp.Figures.Span;
        switch (tcp.FiguresOf)
        {
            case AlgorithmFigures.Dctcp when bytes.Length >= 16:
                Dctcp(bytes, output);
                break;
            case AlgorithmFigures.Bbr when bytes.Length >= 20:
                Bbr(bytes, output);
                break;
        }
    }

    // struct tcp_dctcp_info.
    private static void Dctcp(ReadOnlySpan<byte> bytes, Utf8Writer output)
    {
        if (BitConverter.ToUInt16(bytes) == 0)
        {
            output.Write(" dctcp:fallback_mode"u8);
            return;
        }

        DetailLine.Number(output, " dctcp:(ce_state:"u8, BitConverter.ToUInt16(bytes[2..]));
        DetailLine.Number(output, ",alpha:"u8, BitConverter.ToUInt32(bytes[4..]));
        DetailLine.Number(output, ",ab_ecn:"u8, BitConverter.ToUInt32(bytes[8..]));
        DetailLine.Number(output, ",ab_tot:"u8, BitConverter.ToUInt32(bytes[12..]));
        output.Write(')');
    }

    // struct tcp_bbr_info; gains are shifted by eight bits.
    private static void Bbr(ReadOnlySpan<byte> bytes, Utf8Writer output)
    {
        Bits(output, " bbr:(bw:"u8, BitConverter.ToUInt64(bytes));
        output.Write(",mrtt:"u8);
        WriteDecimal(output, BitConverter.ToUInt32(bytes[8..]), 1000);
        Gain(output, ",pacing_gain:"u8, BitConverter.ToUInt32(bytes[12..]));
        Gain(output, ",cwnd_gain:"u8, BitConverter.ToUInt32(bytes[16..]));
        output.Write(')');
    }

    private static void Rates(KernelTcpInfo info, Utf8Writer output)
    {
        if (info is { Rtt: > 0, SendMss: > 0, CongestionWindow: > 0 })
        {
            var bits = ((UInt128)info.CongestionWindow * info.SendMss * 8_000_000 + (info.Rtt / 2)) / info.Rtt;
            DetailLine.Number(output, " send "u8, ulong.CreateSaturating(bits));
            output.Write("bps"u8);
        }

        DetailLine.Optional(output, " lastsnd:"u8, info.LastSentMilliseconds);
        DetailLine.Optional(output, " lastrcv:"u8, info.LastReceivedMilliseconds);
        DetailLine.Optional(output, " lastack:"u8, info.LastAcknowledgedMilliseconds);
        if (info.PacingRate is > 0 and < ulong.MaxValue)
        {
            Bits(output, " pacing_rate "u8, info.PacingRate);
            if (info.MaxPacingRate is > 0 and < ulong.MaxValue)
            {
                Bits(output, "/"u8, info.MaxPacingRate);
            }
        }

        if (info.DeliveryRate > 0)
        {
            Bits(output, " delivery_rate "u8, info.DeliveryRate);
        }

        DetailLine.Optional(output, " delivered:"u8, info.Delivered);
        DetailLine.Optional(output, " delivered_ce:"u8, info.DeliveredMarked);
        Flag(output, " app_limited"u8, info.IsApplicationLimited);
    }

    private static void Waits(KernelTcpInfo info, Utf8Writer output)
    {
        if (info.BusyTime == 0)
        {
            return;
        }

        DetailLine.Number(output, " busy:"u8, info.BusyTime / 1000);
        output.Write("ms"u8);
        Share(output, " rwnd_limited:"u8, info.ReceiveWindowLimited, info.BusyTime);
        Share(output, " sndbuf_limited:"u8, info.SendBufferLimited, info.BusyTime);
    }

    private static void Recovery(KernelTcpInfo info, Utf8Writer output)
    {
        DetailLine.Optional(output, " unacked:"u8, info.Unacknowledged);
        if (info.Retransmitted > 0 || info.TotalRetransmits > 0)
        {
            DetailLine.Number(output, " retrans:"u8, info.Retransmitted);
            DetailLine.Number(output, "/"u8, info.TotalRetransmits);
        }

        DetailLine.Optional(output, " lost:"u8, info.Lost);
        DetailLine.Optional(output, " sacked:"u8, info.State == KernelTcpInfo.Listening ? 0 : info.Sacked);
        DetailLine.Optional(output, " dsack_dups:"u8, info.DuplicatesReported);
        DetailLine.Optional(output, " fackets:"u8, info.ForwardAcknowledged);
        DetailLine.Optional(output, " reordering:"u8, info.Reordering == UsualReordering ? 0 : info.Reordering);
        DetailLine.Optional(output, " reord_seen:"u8, info.ReorderingSeen);
    }

    private static void Receiving(KernelTcpInfo info, Utf8Writer output)
    {
        Milliseconds(output, " rcv_rtt:"u8, info.ReceiveRtt);
        DetailLine.Optional(output, " rcv_space:"u8, info.ReceiveSpace);
        DetailLine.Optional(output, " rcv_ssthresh:"u8, info.ReceiveSlowStartThreshold);
        DetailLine.Optional(output, " notsent:"u8, info.NotSent);
        Milliseconds(output, " minrtt:"u8, info.MinRtt == uint.MaxValue ? 0 : info.MinRtt);
        DetailLine.Optional(output, " rcv_ooopack:"u8, info.OutOfOrder);
        DetailLine.Optional(output, " snd_wnd:"u8, info.SendWindow);
    }

    private static void Flag(Utf8Writer output, ReadOnlySpan<byte> word, bool isSet)
    {
        if (isSet)
        {
            output.Write(word);
        }
    }

    private static void Bits(Utf8Writer output, ReadOnlySpan<byte> label, ulong bytesPerSecond)
    {
        DetailLine.Number(output, label, ulong.CreateSaturating((UInt128)bytesPerSecond * 8));
        output.Write("bps"u8);
    }

    // Of the time in which there was data to send, in tenths of a percent.
    private static void Share(Utf8Writer output, ReadOnlySpan<byte> label, ulong microseconds, ulong whole)
    {
        if (microseconds == 0)
        {
            return;
        }

        var permille = (ulong)(((UInt128)microseconds * 1000 + (whole / 2)) / whole);
        DetailLine.Number(output, label, microseconds / 1000);
        DetailLine.Number(output, "ms("u8, permille / 10);
        DetailLine.Number(output, "."u8, permille % 10);
        output.Write("%)"u8);
    }

    private static void Gain(Utf8Writer output, ReadOnlySpan<byte> label, uint gain)
    {
        if (gain > 0)
        {
            output.Write(label);
            WriteDecimal(output, (((ulong)gain * 100_000) + 128) / 256, 100_000);
        }
    }

    private static void Milliseconds(Utf8Writer output, ReadOnlySpan<byte> label, uint microseconds)
    {
        if (microseconds > 0)
        {
            output.Write(label);
            WriteDecimal(output, microseconds, 1000);
        }
    }

    // Without zeros at the end: 0.016, 204, 1.5.
    private static void WriteDecimal(Utf8Writer output, ulong value, uint one)
    {
        output.WriteNumber(value / one);
        var rest = (uint)(value % one);
        if (rest == 0)
        {
            return;
        }

        output.Write('.');
        for (var unit = one / 10; rest > 0; unit /= 10)
        {
            output.Write((char)('0' + (rest / unit)));
            rest %= unit;
        }
    }
}
