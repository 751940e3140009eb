using System.Text;
using Portolan.Model.Xml;

namespace Portolan.Model.Registry;

/// <summary>IANA's <c>service-names-port-numbers.xml</c>.</summary>
internal static class IanaXml
{
    private const string RegistryId = "service-names-port-numbers";

    /// <summary>Reads the file.</summary>
    /// <exception cref="RegistryFormatException">The file is damaged, or another one.</exception>
    public static IanaRegistry Read(byte[] file)
    {
        RegistryFormatException.ThrowUnlessUtf8(file);
        try
        {
            return Read(new XmlPullReader(new MemoryStream(file, writable: false)));
        }
        catch (XmlFormatException exception)
        {
            throw new RegistryFormatException(exception.Position.Line, exception.Position.Column, exception.Reason, exception);
        }
    }

    private static IanaRegistry Read(XmlPullReader reader)
    {
        reader.Read();
        if (reader.Name != "registry")
        {
            throw reader.Error($"the root element is '{RegistryRow.OneLine(reader.Name)}', not IANA's 'registry'");
        }

        if (reader.Attribute("id") is { } id && id != RegistryId)
        {
            throw reader.Error($"this is IANA's registry '{RegistryRow.OneLine(id)}', not '{RegistryId}'");
        }

        var rows = new List<RegistryRow>();
        DateOnly? updated = null;
        while (reader.Read())
        {
            if (reader.Node != XmlNode.Element)
            {
                continue;
            }

            if (reader.Name == "record")
            {
                if (ReadRecord(reader) is { } row)
                {
                    rows.Add(row);
                }
            }
            else if (reader.Name == "updated" && reader.Depth == 1)
            {
                updated = IanaFields.Date(ReadText(reader));
            }
        }

        return new IanaRegistry(rows, updated);
    }

    private static RegistryRow? ReadRecord(XmlPullReader reader)
    {
        var depth = reader.Depth;
        Value name = default, number = default, transport = default, description = default;
        List<string>? documents = null;
        if (!reader.IsEmpty)
        {
            while (reader.Read() && reader.Depth > depth)
            {
                if (reader.Node != XmlNode.Element || reader.Depth != depth + 1)
                {
                    continue;
                }

                switch (reader.Name)
                {
                    case "name": Set(ref name, reader); break;
                    case "number": Set(ref number, reader); break;
                    case "protocol": Set(ref transport, reader); break;
                    case "description": Set(ref description, reader); break;
                    case "xref":
                        var (type, data) = (reader.Attribute("type"), reader.Attribute("data"));
                        var text = ReadText(reader);
                        if (type != "person")
                        {
                            RegistryReference.AddCrossReference(ref documents, type, data, text);
                        }

                        break;
                }
            }
        }

        return MakeRow(reader, name, number, transport, description, documents);
    }

    private static RegistryRow? MakeRow(
        XmlPullReader reader, Value name, Value number, Value transport, Value description, List<string>? documents)
    {
        if (!IanaFields.TryParseProtocol(transport.Text, out var protocol, out var problem))
        {
            throw new XmlFormatException(transport.Position, problem);
        }

        if (!IanaFields.IsName(name.Text, out problem))
        {
            throw new XmlFormatException(name.Position, problem);
        }

        // A name without a port is for DNS service discovery only.
        if (number.Text.Length == 0)
        {
            return null;
        }

        if (!IanaFields.TryParsePorts(number.Text, out var ports, out problem)
            || IanaFields.IsDynamicAssignment(ports, name.Text, out problem))
        {
            throw new XmlFormatException(number.Position, problem);
        }

        if (!IanaFields.IsDescription(description.Text, out problem))
        {
            throw new XmlFormatException(description.Position, problem);
        }

        return RegistryRow.From(
            ports, protocol, name.Text, description.Text, documents is null ? string.Empty : string.Join(", ", documents));
    }

    private static void Set(ref Value value, XmlPullReader reader)
    {
        var position = reader.Position;
        if (value.IsSet)
        {
            throw reader.Error($"a second '{reader.Name}' in one record");
        }

        value = new Value(position, ReadText(reader));
    }

    // The text of an element and of what is inside it, on one line; a cross reference without a text shows what it refers to.
    private static string ReadText(XmlPullReader reader)
    {
        if (reader.IsEmpty)
        {
            return string.Empty;
        }

        var depth = reader.Depth;
        var text = new StringBuilder();
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node == XmlNode.Text)
            {
                text.Append(reader.Value);
            }
            else if (reader is { Node: XmlNode.Element, IsEmpty: true } && reader.Attribute("data") is { } data)
            {
                text.Append('[').Append(reader.Attribute("type") == "rfc" ? data.ToUpperInvariant() : data).Append(']');
            }
        }

        return RegistryRow.OneLine(text.ToString());
    }

    // A child of a record, and where its tag begins.
    private readonly struct Value(XmlPosition position, string text)
    {
        private readonly string? _text = text;

        public XmlPosition Position => IsSet ? position : new(1, 1);

        public string Text => _text ?? string.Empty;

        public bool IsSet => _text is not null;
    }
}
