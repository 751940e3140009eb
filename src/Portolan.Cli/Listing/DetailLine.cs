using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>
/// What <c>-i</c> and <c>-m</c> add to a row, in ss's words, so that what was written for its output finds the same
/// <c>rtt:0.016/0.008</c>, <c>bytes_acked:101</c> and <c>skmem:(…)</c>.
/// </summary>
internal sealed class DetailLine(SocketFacts facts, bool tcp, bool memory, bool oneLine)
{
    /// <summary>Writes the facts that the socket has, on a line of their own unless <c>-O</c> keeps everything on one.</summary>
    public void Write(in SocketEntry entry, Utf8Writer output)
    {
        var hasTcp = tcp && entry.TcpDetailsIndex >= 0;
        var hasMemory = memory && entry.MemoryIndex >= 0;
        if (!hasTcp && !hasMemory)
        {
            return;
        }

        output.Write(oneLine ? ""u8 : "\n\t"u8);
        if (hasMemory)
        {
            WriteMemory(facts.Sockets.Memory[entry.MemoryIndex], output);
        }

        if (hasTcp)
        {
            WriteTcp(facts.Sockets.TcpDetails[entry.TcpDetailsIndex], output);
        }
    }

    private static void WriteMemory(in SocketMemory memory, Utf8Writer output)
    {
        Number(output, " skmem:(r"u8, memory.ReceiveAllocated);
        Number(output, ",rb"u8, memory.ReceiveBuffer);
        Number(output, ",t"u8, memory.SendAllocated);
        Number(output, ",tb"u8, memory.SendBuffer);
        Number(output, ",f"u8, memory.ForwardAllocated);
        Number(output, ",w"u8, memory.SendQueued);
        Number(output, ",o"u8, memory.OptionMemory);
        Number(output, ",bl"u8, memory.BacklogLength);
        Number(output, ",d"u8, memory.Drops);
        output.Write(')');
    }

    // The order is ss's. Zero is left out where ss leaves it out.
    private static void WriteTcp(in TcpDetails tcp, Utf8Writer output)
    {
        if (tcp.CongestionControl is { } algorithm)
        {
            output.Write(' ');
            output.WriteEscaped(algorithm);
        }

        Milliseconds(output, " rto:"u8, tcp.RtoMicroseconds);
        if (tcp.RttMicroseconds > 0)
        {
            Milliseconds(output, " rtt:"u8, tcp.RttMicroseconds);
            output.Write('/');
            WriteMilliseconds(output, tcp.RttVarianceMicroseconds);
        }

        Optional(output, " mss:"u8, tcp.SendMss);
        Optional(output, " pmtu:"u8, tcp.PathMtu);
        Optional(output, " rcvmss:"u8, tcp.ReceiveMss);
        Optional(output, " cwnd:"u8, tcp.CongestionWindow);
        Optional(output, " ssthresh:"u8, tcp.SlowStartThreshold < 0xffff ? tcp.SlowStartThreshold : 0);

        // Here tcpi_bytes_sent itself, which counts what was sent again, as in ss; the column and --json leave that out.
        Optional(output, " bytes_sent:"u8, tcp.BytesSent + tcp.BytesRetransmitted);
        Optional(output, " bytes_retrans:"u8, tcp.BytesRetransmitted);
        Optional(output, " bytes_acked:"u8, tcp.BytesAcknowledged);
        Optional(output, " bytes_received:"u8, tcp.BytesReceived);
        Optional(output, " lastsnd:"u8, tcp.LastSentMilliseconds);
        Optional(output, " lastrcv:"u8, tcp.LastReceivedMilliseconds);
        if (tcp.DeliveryRate > 0)
        {
            Number(output, " delivery_rate "u8, tcp.DeliveryRate * 8);
            output.Write("bps"u8);
        }

        Optional(output, " unacked:"u8, tcp.Unacknowledged);
        Optional(output, " retrans_total:"u8, tcp.TotalRetransmits);
        Optional(output, " lost:"u8, tcp.Lost);
        if (tcp.MinRttMicroseconds is > 0 and < uint.MaxValue)
        {
            Milliseconds(output, " minrtt:"u8, tcp.MinRttMicroseconds);
        }
    }

    private static void Optional(Utf8Writer output, ReadOnlySpan<byte> label, ulong value)
    {
        if (value > 0)
        {
            Number(output, label, value);
        }
    }

    private static void Number(Utf8Writer output, ReadOnlySpan<byte> label, ulong value)
    {
        output.Write(label);
        output.WriteNumber(value);
    }

    private static void Milliseconds(Utf8Writer output, ReadOnlySpan<byte> label, uint microseconds)
    {
        if (microseconds > 0)
        {
            output.Write(label);
            WriteMilliseconds(output, microseconds);
        }
    }

    // Up to three decimals, without zeros at the end: 0.016, 204, 1.5.
    private static void WriteMilliseconds(Utf8Writer output, uint microseconds)
    {
        output.WriteNumber(microseconds / 1000);
        var rest = microseconds % 1000;
        if (rest == 0)
        {
            return;
        }

        output.Write('.');
        for (var unit = 100u; rest > 0; unit /= 10)
        {
            output.Write((char)('0' + (rest / unit)));
            rest %= unit;
        }
    }
}
