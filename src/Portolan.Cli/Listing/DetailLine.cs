using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>
/// What <c>-i</c> and <c>-m</c> add to a row, in ss's words, so that what was written for its output finds the same
/// <c>rtt:0.016/0.008</c>, <c>bytes_acked:101</c> and <c>skmem:(…)</c>.
/// </summary>
internal sealed class DetailLine(SocketFacts facts, ListRequest request)
{
    /// <summary>Writes the facts that the socket has, on a line of their own unless <c>-O</c> keeps everything on one.</summary>
    public void Write(in SocketEntry entry, Utf8Writer output)
    {
        var hasTcp = request.Info && entry.TcpDetailsIndex >= 0;
        var hasMemory = request.Memory && entry.MemoryIndex >= 0;
        if (!hasTcp && !hasMemory)
        {
            return;
        }

        output.Write(request.OneLine ? ""u8 : "\n\t"u8);
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

    private void WriteTcp(in TcpDetails tcp, Utf8Writer output)
    {
        if (tcp.Info.IsEmpty)
        {
            // MPTCP: the counts over all subflows.
            Optional(output, " bytes_sent:"u8, tcp.BytesSent + tcp.BytesRetransmitted);
            Optional(output, " bytes_retrans:"u8, tcp.BytesRetransmitted);
            Optional(output, " bytes_acked:"u8, tcp.BytesAcknowledged);
            Optional(output, " bytes_received:"u8, tcp.BytesReceived);
            Optional(output, " retrans_total:"u8, tcp.TotalRetransmits);
            return;
        }

        TcpInfoText.Write(tcp, request.Timers, output);
    }

    internal static void Optional(Utf8Writer output, ReadOnlySpan<byte> label, ulong value)
    {
        if (value > 0)
        {
            Number(output, label, value);
        }
    }

    internal static void Number(Utf8Writer output, ReadOnlySpan<byte> label, ulong value)
    {
        output.Write(label);
        output.WriteNumber(value);
    }
}
