using System.Text;
using System.Xml;

namespace Portolan.Model.Registry;

/// <summary>IANA's <c>service-names-port-numbers.xml</c>.</summary>
internal static class IanaXml
{
    private const string RegistryId = "service-names-port-numbers";

    /// <summary>Reads the file. Document types and anything outside the file are refused.</summary>
    /// <exception cref="RegistryFormatException">The file is damaged, or another one.</exception>
    public static IanaRegistry Read(byte[] file)
    {
        try
        {
            using var stream = new MemoryStream(file, writable: false);
            using var reader = XmlReader.Create(stream, new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                IgnoreComments = true,
                IgnoreProcessingInstructions = true,
                MaxCharactersInDocument = IanaRegistry.MaximumLength,
            });
            return Read(reader);
        }
        catch (XmlException exception)
        {
            throw new RegistryFormatException(
                Math.Max(exception.LineNumber, 1), Math.Max(exception.LinePosition, 1), WithoutPosition(exception.Message), exception);
        }
    }

    private static IanaRegistry Read(XmlReader reader)
    {
        reader.MoveToContent();
        if (reader.LocalName != "registry")
        {
            throw Error(Position(reader), $"the root element is '{reader.LocalName}', not IANA's 'registry'");
        }

        if (reader.GetAttribute("id") is { } id && id != RegistryId)
        {
            throw Error(Position(reader), $"this is IANA's registry '{RegistryRow.OneLine(id)}', not '{RegistryId}'");
        }

        var rows = new List<RegistryRow>();
        DateOnly? updated = null;
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            if (reader.LocalName == "record")
            {
                if (ReadRecord(reader) is { } row)
                {
                    rows.Add(row);
                }
            }
            else if (reader.LocalName == "updated" && reader.Depth == 1)
            {
                updated = IanaFields.Date(ReadText(reader));
            }
        }

        return new IanaRegistry(rows, updated);
    }

    private static RegistryRow? ReadRecord(XmlReader reader)
    {
        var depth = reader.Depth;
        Value name = default, number = default, transport = default, description = default;
        List<string>? documents = null;
        if (!reader.IsEmptyElement)
        {
            while (reader.Read() && reader.Depth > depth)
            {
                if (reader.NodeType != XmlNodeType.Element || reader.Depth != depth + 1)
                {
                    continue;
                }

                switch (reader.LocalName)
                {
                    case "name": Set(ref name, reader); break;
                    case "number": Set(ref number, reader); break;
                    case "protocol": Set(ref transport, reader); break;
                    case "description": Set(ref description, reader); break;
                    case "xref":
                        var (type, data) = (reader.GetAttribute("type"), reader.GetAttribute("data"));
                        var text = ReadText(reader);
                        if (type != "person")
                        {
                            RegistryReference.AddCrossReference(ref documents, type, data, text);
                        }

                        break;
                }
            }
        }

        return MakeRow(name, number, transport, description, documents);
    }

    private static RegistryRow? MakeRow(Value name, Value number, Value transport, Value description, List<string>? documents)
    {
        if (!IanaFields.TryParseProtocol(transport.Text, out var protocol, out var problem))
        {
            throw Error(transport.Position, problem);
        }

        if (!IanaFields.IsName(name.Text, out problem))
        {
            throw Error(name.Position, problem);
        }

        // A name without a port is for DNS service discovery only.
        if (number.Text.Length == 0)
        {
            return null;
        }

        if (!IanaFields.TryParsePorts(number.Text, out var ports, out problem) || IanaFields.IsDynamicAssignment(ports, name.Text, out problem))
        {
            throw Error(number.Position, problem);
        }

        if (!IanaFields.IsDescription(description.Text, out problem))
        {
            throw Error(description.Position, problem);
        }

        return RegistryRow.From(ports, protocol, name.Text, description.Text, documents is null ? string.Empty : string.Join(", ", documents));
    }

    private static void Set(ref Value value, XmlReader reader)
    {
        var position = Position(reader);
        if (value.IsSet)
        {
            throw Error(position, $"a second '{reader.LocalName}' in one record");
        }

        value = new Value(position, ReadText(reader));
    }

    // The text of an element and of what is inside it, on one line; a cross reference without a text shows what it refers to.
    private static string ReadText(XmlReader reader)
    {
        if (reader.IsEmptyElement)
        {
            return string.Empty;
        }

        var depth = reader.Depth;
        var text = new StringBuilder();
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace)
            {
                text.Append(reader.Value);
            }
            else if (reader.NodeType == XmlNodeType.Element && reader.IsEmptyElement && reader.GetAttribute("data") is { } data)
            {
                text.Append('[').Append(reader.GetAttribute("type") == "rfc" ? data.ToUpperInvariant() : data).Append(']');
            }
        }

        return RegistryRow.OneLine(text.ToString());
    }

    private static (int Line, int Column) Position(XmlReader reader)
        => reader is IXmlLineInfo info && info.HasLineInfo() ? (info.LineNumber, info.LinePosition) : (1, 1);

    private static RegistryFormatException Error((int Line, int Column) position, string reason) => new(position.Line, position.Column, reason);

    // The reader's messages end with a position, which the exception carries already: "… Line 3, position 5."
    private static string WithoutPosition(string message)
    {
        var position = message.LastIndexOf(" Line ", StringComparison.Ordinal);
        return (position < 0 ? message : message[..position]).TrimEnd('.');
    }

    private readonly struct Value((int Line, int Column) position, string text)
    {
        private readonly string? _text = text;

        public (int Line, int Column) Position { get; } = position;

        public string Text => _text ?? string.Empty;

        public bool IsSet => _text is not null;
    }
}
