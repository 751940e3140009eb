using System.Text;
using Portolan.Cli.Output;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>Writes netstat's column "PID/Program name": the first owner, by its first argument, cut at 19 characters and 20 wide.</summary>
internal sealed class NetstatProgram(SocketFacts facts)
{
    private const int Width = 20;

    private readonly Dictionary<int, byte[]> _texts = [];

    /// <summary>Writes the cell; <c>-</c> where there is no owner to see.</summary>
    public void Write(in SocketEntry entry, Utf8Writer output)
    {
        var pids = facts.Pids(entry);
        if (pids.IsEmpty)
        {
            NetstatRenderer.PadRight(output, "-"u8, Width);
            return;
        }

        if (!_texts.TryGetValue(pids[0], out var text))
        {
            text = Make(facts.Owner(pids[0]));
            _texts.Add(pids[0], text);
        }

        output.Write(text);
    }

    private static byte[] Make(OwnerFacts owner)
    {
        var first = owner.Process?.CommandLine is { Count: > 0 } words ? words[0] : "";
        var name = first.StartsWith('/') ? first[(first.LastIndexOf('/') + 1)..] : first;
        var text = Encoding.UTF8.GetBytes(TerminalText.Escape($"{owner.Pid}/{name}"));
        var kept = text.AsSpan(0, DisplayWidth.BytesThatFit(text, Width - 1));
        var cell = new byte[kept.Length + Width - DisplayWidth.Of(kept)];
        cell.AsSpan().Fill((byte)' ');
        kept.CopyTo(cell);
        return cell;
    }
}
