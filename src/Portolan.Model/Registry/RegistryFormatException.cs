using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Portolan.Model.Registry;

/// <summary>A file is not IANA's registry, or is damaged.</summary>
public sealed class RegistryFormatException : FormatException
{
    /// <summary>Makes the error.</summary>
    public RegistryFormatException(int line, int column, string reason, Exception? inner = null)
        : base($"line {line}, column {column}: {reason}", inner)
    {
        Line = line;
        Column = column;
        Reason = reason;
    }

    /// <summary>The line, from 1. Line breaks inside quoted fields count.</summary>
    public int Line { get; }

    /// <summary>The column in characters, from 1.</summary>
    public int Column { get; }

    /// <summary>What is wrong, in words, without a full stop.</summary>
    public string Reason { get; }

    /// <summary>The error at a byte of a UTF-8 file.</summary>
    internal static RegistryFormatException AtByte(ReadOnlySpan<byte> file, int offset, string reason)
    {
        var before = file[..offset];
        var line = before.Count((byte)'\n') + 1;
        var column = 1;
        foreach (var value in before[(before.LastIndexOf((byte)'\n') + 1)..])
        {
            // Bytes that continue a character do not count.
            column += (value & 0xC0) == 0x80 ? 0 : 1;
        }

        if (line == 1 && before.StartsWith(Encoding.UTF8.Preamble))
        {
            column--;
        }

        return new RegistryFormatException(line, column, reason);
    }

    /// <summary>Throws the error at the first byte that is not UTF-8.</summary>
    internal static void ThrowUnlessUtf8(ReadOnlySpan<byte> file)
    {
        if (Utf8.IsValid(file))
        {
            return;
        }

        var position = 0;
        while (Rune.DecodeFromUtf8(file[position..], out _, out var length) == OperationStatus.Done)
        {
            position += length;
        }

        throw AtByte(file, position, "a byte that is not UTF-8");
    }
}
