using Portolan.Cli.Output;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>One column of a listing, made for one listing: it writes a cell and says how wide it will be.</summary>
/// <param name="name">The word for <c>--columns</c> and <c>--sort</c>, and the heading in CSV.</param>
/// <param name="heading">The heading in a table.</param>
/// <param name="isNumber">Whether cells stand at the right edge of the column.</param>
internal abstract class Column(string name, string heading, bool isNumber = false)
{
    /// <summary>The word for <c>--columns</c> and <c>--sort</c>, and the heading in CSV.</summary>
    public string Name { get; } = name;

    /// <summary>The heading in a table.</summary>
    public string Heading { get; } = heading;

    /// <summary>Whether cells stand at the right edge of the column.</summary>
    public bool IsNumber { get; } = isNumber;

    /// <summary>Whether every cell is ASCII, so that bytes are columns.</summary>
    public virtual bool IsAscii => false;

    /// <summary>Writes the cell; nothing for an absent fact.</summary>
    public abstract void Write(in SocketEntry entry, Utf8Writer output);

    /// <summary>How many columns of a terminal the cell takes.</summary>
    public virtual int Measure(in SocketEntry entry, Utf8Writer scratch)
    {
        scratch.Clear();
        Write(entry, scratch);
        return DisplayWidth.Of(scratch.Written);
    }

    /// <summary>Orders two entries by this column; the order of their texts unless a column knows better.</summary>
    public virtual int Compare(in SocketEntry left, in SocketEntry right, Utf8Writer scratch)
    {
        scratch.Clear();
        Write(left, scratch);
        var middle = scratch.Length;
        Write(right, scratch);
        return scratch.Written[..middle].SequenceCompareTo(scratch.Written[middle..]);
    }
}

/// <summary>Gives a number of an entry; <c>null</c> for an absent fact.</summary>
internal delegate ulong? NumberOf(in SocketEntry entry);

/// <summary>Writes a text of an entry.</summary>
internal delegate void WriteText(in SocketEntry entry, Utf8Writer output);

internal sealed class NumberColumn(string name, string heading, NumberOf value) : Column(name, heading, isNumber: true)
{
    /// <inheritdoc/>
    public override bool IsAscii => true;

    /// <inheritdoc/>
    public override void Write(in SocketEntry entry, Utf8Writer output)
    {
        if (value(entry) is not { } number)
        {
            return;
        }

        output.WriteNumber(number);
    }

    /// <inheritdoc/>
    public override int Measure(in SocketEntry entry, Utf8Writer scratch) =>
        value(entry) is not { } number ? 0 : number <= uint.MaxValue ? NumberText.Length((uint)number) : base.Measure(entry, scratch);

    /// <inheritdoc/>
    public override int Compare(in SocketEntry left, in SocketEntry right, Utf8Writer scratch) =>
        Nullable.Compare(value(left), value(right));
}

/// <summary>A column of text that is ready in the facts.</summary>
internal sealed class TextColumn(string name, string heading, WriteText write) : Column(name, heading)
{
    /// <inheritdoc/>
    public override void Write(in SocketEntry entry, Utf8Writer output) => write(entry, output);
}
