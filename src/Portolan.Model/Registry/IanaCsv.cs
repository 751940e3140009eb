namespace Portolan.Model.Registry;

/// <summary>IANA's <c>service-names-port-numbers.csv</c>.</summary>
internal static class IanaCsv
{
    /// <summary>Reads the file. Columns are found by the names in the first row.</summary>
    /// <exception cref="RegistryFormatException">The file is damaged, or another one.</exception>
    public static IanaRegistry Read(byte[] file)
    {
        var reader = new CsvReader(file);
        if (!reader.ReadRow())
        {
            throw new RegistryFormatException(1, 1, "the file is empty");
        }

        var header = reader.Fields.Select(field => field.Trim()).ToArray();
        var name = Column("Service Name", required: true);
        var number = Column("Port Number", required: true);
        var transport = Column("Transport Protocol", required: true);
        var description = Column("Description", required: true);
        var reference = Column("Reference", required: false);
        var registered = Column("Registration Date", required: false);
        var modified = Column("Modification Date", required: false);

        var rows = new List<RegistryRow>();
        DateOnly? updated = null;
        while (reader.ReadRow())
        {
            if (reader.Fields.Count != header.Length)
            {
                throw reader.ErrorAt(header.Length, $"the row has {reader.Fields.Count} fields, and the first row has {header.Length}");
            }

            updated = IanaFields.Later(updated, IanaFields.Later(IanaFields.Date(Field(registered)), IanaFields.Date(Field(modified))));
            if (!IanaFields.TryParseProtocol(Field(transport), out var protocol, out var problem))
            {
                throw reader.ErrorAt(transport, problem);
            }

            if (!IanaFields.IsName(Field(name), out problem))
            {
                throw reader.ErrorAt(name, problem);
            }

            // A name without a port is for DNS service discovery only.
            if (Field(number).Length == 0)
            {
                continue;
            }

            if (!IanaFields.TryParsePorts(Field(number), out var ports, out problem)
                || IanaFields.IsDynamicAssignment(ports, Field(name), out problem))
            {
                throw reader.ErrorAt(number, problem);
            }

            if (!IanaFields.IsDescription(Field(description), out problem))
            {
                throw reader.ErrorAt(description, problem);
            }

            if (RegistryRow.From(
                ports, protocol, Field(name), Field(description), RegistryReference.FromBrackets(Field(reference))) is { } row)
            {
                rows.Add(row);
            }
        }

        return new IanaRegistry(rows, updated);

        string Field(int column) => column < 0 ? string.Empty : reader.Fields[column].Trim();

        int Column(string title, bool required)
        {
            var index = Array.IndexOf(header, title);
            return index >= 0 || !required
                ? index
                : throw new RegistryFormatException(1, 1, $"this is not IANA's port registry: the first row has no column '{title}'");
        }
    }
}
