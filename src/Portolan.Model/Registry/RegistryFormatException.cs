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
}
