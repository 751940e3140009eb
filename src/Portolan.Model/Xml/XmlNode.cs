namespace Portolan.Model.Xml;

/// <summary>What an <see cref="XmlPullReader"/> stands on.</summary>
public enum XmlNode
{
    /// <summary>Before the first node.</summary>
    None,

    /// <summary>A start tag, or an empty element's only tag.</summary>
    Element,

    /// <summary>An end tag; an empty element has none.</summary>
    EndElement,

    /// <summary>Text, with references replaced; also a CDATA section.</summary>
    Text,
}

/// <summary>A place in a file.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">In characters, from 1.</param>
public readonly record struct XmlPosition(int Line, int Column);
