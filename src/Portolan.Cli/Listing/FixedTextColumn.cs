using System.Text;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>Picks one of a few known texts for an entry.</summary>
internal delegate int IndexOf(in SocketEntry entry);

/// <summary>A column of a few known texts, such as protocols and states.</summary>
internal sealed class FixedTextColumn : Column
{
    private readonly byte[][] _texts;
    private readonly IndexOf _index;

    /// <summary>Takes the texts and how to pick one.</summary>
    public FixedTextColumn(string name, string heading, IReadOnlyList<string> texts, IndexOf index)
        : base(name, heading)
    {
        _texts = new byte[texts.Count][];
        for (var i = 0; i < _texts.Length; i++)
        {
            _texts[i] = Encoding.ASCII.GetBytes(texts[i]);
        }

        _index = index;
    }

    /// <inheritdoc/>
    public override bool IsAscii => true;

    /// <inheritdoc/>
    public override void Write(in SocketEntry entry, Utf8Writer output) => output.Write(_texts[_index(entry)]);

    /// <inheritdoc/>
    public override int Measure(in SocketEntry entry, Utf8Writer scratch) => _texts[_index(entry)].Length;

    /// <inheritdoc/>
    public override int Compare(in SocketEntry left, in SocketEntry right, Utf8Writer scratch) => _index(left).CompareTo(_index(right));
}
