namespace Portolan.Model.Xml;

/// <summary>A file is no well-formed XML, or not the XML that was expected.</summary>
public sealed class XmlFormatException : FormatException
{
    /// <summary>Makes the error.</summary>
    public XmlFormatException(XmlPosition position, string reason, bool isTruncated = false)
        : base($"line {position.Line}, column {position.Column}: {reason}")
    {
        Position = position;
        Reason = reason;
        IsTruncated = isTruncated;
    }

    /// <summary>Where.</summary>
    public XmlPosition Position { get; }

    /// <summary>What is wrong, in words, without a full stop.</summary>
    public string Reason { get; }

    /// <summary>The file ends too early and nothing was wrong before: its writer was interrupted.</summary>
    public bool IsTruncated { get; }
}
