using System.Text;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Tests.Model.Registry;

public sealed class IanaFileTests
{
    public static TheoryData<string> BothForms => [IanaFiles.Csv, IanaFiles.Xml];

    [Theory]
    [MemberData(nameof(BothForms))]
    public void Both_published_forms_give_the_same_registry(string file)
    {
        string[] expected =
        [
            "0 Tcp Reserved [] - RFC6335",
            "63 Tcp Assigned [whoispp,whois++] whois++ -",
            "80 Tcp Assigned [http,www] World Wide Web HTTP RFC9110",
            "80 Udp Assigned [http] World Wide Web HTTP RFC9110",
            "225-241 Tcp Reserved [] - -",
            "225-241 Udp Reserved [] - -",
            "225-241 Sctp Reserved [] - -",
            "225-241 Dccp Reserved [] - -",
            "700 Tcp Assigned [epp] Extensible Provisioning Protocol RFC5734, RFC9999, Section 4",
            "6000-6063 Tcp Assigned [x11] X Window System -",
            "6400 Tcp Assigned [boe-cms] Business Objects CMS contact port -",
            "6400 Udp Assigned [boe-cms] Business Objects CMS contact port -",
        ];
        Assert.Equal(expected, IanaFiles.Registry(file).Entries().Select(entry =>
            $"{entry.Ports} {entry.Protocol} {entry.Status} [{string.Join(',', entry.Names.Select(name => name.Name))}] "
                + $"{entry.Description ?? "-"} {entry.Reference ?? "-"}"));
        Assert.Equal(new DateOnly(2025, 2, 13), IanaFiles.Read(file).Updated);
    }

    [Fact]
    public void The_ends_of_lines_a_byte_order_mark_and_a_missing_last_line_end_do_not_matter()
    {
        var expected = IanaFiles.Read(IanaFiles.Csv).Rows;
        Assert.Equal(expected, IanaFiles.Read(IanaFiles.Csv.Replace("\n", "\r\n", StringComparison.Ordinal)).Rows);
        Assert.Equal(expected, IanaFiles.Read("\uFEFF" + IanaFiles.Csv).Rows);
        Assert.Equal(expected, IanaFiles.Read(IanaFiles.Csv.TrimEnd('\n')).Rows);
        Assert.Equal(expected, IanaFiles.Read(IanaFiles.Csv + "\r\n\n").Rows);
        Assert.Equal(
            IanaFiles.Read(IanaFiles.Xml).Rows,
            IanaFiles.Read("\uFEFF" + IanaFiles.Xml.Replace("\n", "\r\n", StringComparison.Ordinal)).Rows);
    }

    [Fact]
    public void Columns_are_found_by_their_names()
    {
        var row = Assert.Single(
            IanaFiles.Read("Extra,Port Number,Description,Transport Protocol,Service Name\nx,22,The Secure Shell,tcp,ssh\n").Rows);
        Assert.Equal(
            ("ssh", "The Secure Shell", RegistryProtocols.Tcp, 22), (row.Name, row.Description, row.Protocols, row.Ports.First.Value));
    }

    [Theory]
    [InlineData("ssh,22,tcp,Shell,,,,,,,,", 0, 0, null)]
    [InlineData("ssh,22,tcp,\"Shell,,,,,,,,", 2, 12, "unterminated quote")]
    [InlineData("ssh,22,tcp,Sh\"ell\",,,,,,,,", 2, 14, "a quote inside an unquoted field")]
    [InlineData("ssh,22,tcp,\"Shell\" x,,,,,,,,", 2, 19, "text after a closing quote")]
    [InlineData("ssh,22,tcp,\"Sh\nell\nx\",,,,,,,,y,z", 4, 13, "the row has 13 fields, and the first row has 12")]
    [InlineData("ssh,22,tcp,Shell", 2, 12, "the row has 4 fields, and the first row has 12")]
    [InlineData("\nssh,22,tcp,Shell,,,,,,,,", 2, 1, "the row has 1 fields, and the first row has 12")]
    [InlineData("ssh,22x,tcp,Shell,,,,,,,,", 2, 5, "'22x' is not a port or port range")]
    [InlineData("ssh,65536,tcp,Shell,,,,,,,,", 2, 5, "'65536' is not a port or port range")]
    [InlineData("ssh,90-80,tcp,Shell,,,,,,,,", 2, 5, "the range 90-80 runs backwards")]
    [InlineData("ssh,22-,tcp,Shell,,,,,,,,", 2, 5, "'22-' is not a port or port range")]
    [InlineData("ssh,22,quic,Shell,,,,,,,,", 2, 8, "'quic' is not tcp, udp, sctp or dccp")]
    [InlineData("s sh,22,tcp,Shell,,,,,,,,", 2, 1, "a service name has only printing ASCII characters")]
    [InlineData("sshé,22,tcp,Shell,,,,,,,,", 2, 1, "a service name has only printing ASCII characters")]
    [InlineData("ssh,50000,tcp,Shell,,,,,,,,", 2, 5, "ports from 49152 are dynamic: they are never assigned")]
    [InlineData("ssh,22,tcp,\"é\u0001\",,,,,,,,", 2, 14, "a control character (0x01)")]
    [InlineData("ssh,22,tcp,\"é\n\u001b[2J\",,,,,,,,", 3, 1, "a control character (0x1B)")]
    [InlineData("ssh,22,tcp,é\0,,,,,,,,", 2, 13, "a control character (0x00)")]
    [InlineData("ssh,22,tcp,Shell,,,,,,,,\rx", 2, 25, "a carriage return without a line feed")]
    public void A_damaged_csv_is_refused_with_line_and_column(string row, int line, int column, string? reason)
    {
        var file = IanaFiles.CsvWith(row);
        if (reason is null)
        {
            Assert.Single(IanaFiles.Read(file).Rows);
            return;
        }

        var error = Assert.Throws<RegistryFormatException>(() => IanaFiles.Read(file));
        Assert.Equal((line, column, reason), (error.Line, error.Column, error.Reason));
        Assert.Equal($"line {line}, column {column}: {reason}", error.Message);
    }

    [Fact]
    public void Bytes_that_are_not_utf_8_are_refused_where_they_stand()
    {
        byte[] file = [.. Encoding.UTF8.GetBytes(IanaFiles.Header + "ssh,22,tcp,é"), 0xFF, .. ",,,,,,,,\n"u8];
        var error = Assert.Throws<RegistryFormatException>(() => IanaRegistry.Read(file));
        Assert.Equal((2, 13, "a byte that is not UTF-8"), (error.Line, error.Column, error.Reason));
    }

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("\n\n", "the file is empty")]
    [InlineData("a,b,c\n1,2,3\n", "this is not IANA's port registry: the first row has no column 'Service Name'")]
    [InlineData(IanaFiles.Header, "the file has no record with a port in it")]
    [InlineData("<registry/>", "the file has no record with a port in it")]
    public void Another_file_is_refused(string file, string reason)
        => Assert.Equal(
            (1, 1, reason),
            Assert.Throws<RegistryFormatException>(() => IanaFiles.Read(file)) is var error
                ? (error.Line, error.Column, error.Reason)
                : default);

    [Theory]
    [InlineData("<record><name>ssh</name><protocol>tcp</protocol><number>22</number></record>", 0, 0, null)]
    [InlineData(
        "<record\tdate='2001'><!-- a - b "
            + "--><?x?><name>&#x73;s&#104;</name><protocol><![CDATA[tcp]]></protocol><number>22</number></record>", 0, 0, null)]
    [InlineData(
        "<record><name>ssh</name><protocol>tcp</protocol><number>22x</number></record>", 2, 49, "'22x' is not a port or port range")]
    [InlineData(
        "<record><name>ssh</name>\n  <protocol>quic</protocol><number>22</number></record>", 3, 3, "'quic' is not tcp, udp, sctp or dccp")]
    [InlineData(
        "<record><name>s sh</name><protocol>tcp</protocol><number>22</number></record>", 2, 9,
        "a service name has only printing ASCII characters")]
    [InlineData("<record><name>ssh</name><name>shell</name><number>22</number></record>", 2, 25, "a second 'name' in one record")]
    [InlineData("<record><name>ssh</name><number>50000</number></record>", 2, 25, "ports from 49152 are dynamic: they are never assigned")]
    [InlineData("<record><number>22</record>", 2, 19, "'record' ends where 'number' is open")]
    [InlineData("</record>", 2, 1, "'record' ends where 'registry' is open")]
    [InlineData("<record>é&wrong;</record>", 2, 10, "a reference not defined by XML")]
    [InlineData("<record>&amp</record>", 2, 9, "a reference not defined by XML")]
    [InlineData("<record>&#0;</record>", 2, 9, "a reference to an invalid character")]
    [InlineData("<record>&#x110000;</record>", 2, 9, "a reference to an invalid character")]
    [InlineData("<record>&#99999999999999999999;</record>", 2, 9, "a reference to an invalid character")]
    [InlineData("<record>&#xD800;</record>", 2, 9, "a reference to an invalid character")]
    [InlineData("<record>&#;</record>", 2, 9, "a reference to an invalid character")]
    [InlineData("<record>a\u0001</record>", 2, 10, "a control character (0x01)")]
    [InlineData("<record>]]></record>", 2, 9, "']]>' outside a CDATA section")]
    [InlineData("<record><![CDATA[</record>", 2, 9, "an unterminated CDATA section")]
    [InlineData("<record><!-- a -- b --></record>", 2, 9, "an unterminated comment, or one that contains '--'")]
    [InlineData("<record><?x </record>", 2, 9, "an unterminated processing instruction")]
    [InlineData("<record date=2001></record>", 2, 14, "a quote is missing here")]
    [InlineData("<record date></record>", 2, 13, "'=' is missing here")]
    [InlineData("<record date=\"2001></record>", 2, 14, "unterminated quote")]
    [InlineData("<record date=''x=''></record>", 2, 16, "white space is missing before an attribute")]
    [InlineData("<record x='' x=''></record>", 2, 14, "a second attribute 'x'")]
    [InlineData("<record / >", 2, 10, "'>' is missing here")]
    [InlineData("< record></record>", 2, 2, "a name is missing here")]
    [InlineData("<1record></1record>", 2, 2, "a name is missing here")]
    [InlineData("<!ENTITY x 'y'>", 2, 1, "a document type or declaration, which is not supported")]
    public void A_damaged_xml_is_refused_with_line_and_column(string record, int line, int column, string? reason)
    {
        var file = IanaFiles.XmlWith(record);
        if (reason is null)
        {
            Assert.Single(IanaFiles.Read(file).Rows);
            return;
        }

        var error = Assert.Throws<RegistryFormatException>(() => IanaFiles.Read(file));
        Assert.Equal((line, column, reason), (error.Line, error.Column, error.Reason));
    }

    [Fact]
    public void Another_xml_is_refused()
    {
        Assert.Equal("line 1, column 1: the root element is 'html', not IANA's 'registry'", Message("<html></html>"));
        Assert.Equal(
            "line 1, column 1: this is IANA's registry 'protocol-numbers', not 'service-names-port-numbers'",
            Message("<registry id=\"protocol-numbers\"></registry>"));
        Assert.Equal(
            "line 1, column 1: a document type or declaration, which is not supported",
            Message("<!DOCTYPE registry [<!ENTITY a SYSTEM \"/etc/passwd\">]><registry>&a;</registry>"));
        Assert.Equal("line 3, column 1: the file ends inside 'record'", Message("<registry>\n<record>\n"));
        Assert.Equal("line 2, column 1: a second root element", Message("<registry/>\n<registry/>"));
        Assert.Equal("line 2, column 2: text outside the root element", Message("<registry/>\n\tx"));
        Assert.Equal("line 1, column 1: an unterminated tag", Message("<registry id='service-names-port-numbers'"));
        Assert.Equal(
            "line 1, column 21: the file declares an encoding other than UTF-8", Message("<?xml version='1.0' "
                + "encoding='UTF-16'?><registry/>"));
        Assert.Equal("line 2, column 1: the file has no element", Message("<!-- -->\n"));
        Assert.Contains(
            "more than 64 elements inside each other", Message(string.Concat(Enumerable.Repeat("<registry>", 100_000))),
            StringComparison.Ordinal);

        static string Message(string file) => Assert.Throws<RegistryFormatException>(() => IanaFiles.Read(file)).Message;
    }

    [Fact]
    public void What_IANA_says_in_words_becomes_a_status()
    {
        Assert.Null(Row("", "Unassigned"));
        Assert.Null(Row("", "unassigned"));
        Assert.Equal((ServiceStatus.Reserved, ""), (Row("", "Reserved")!.Status, Row("", "Reserved")!.Description));
        Assert.Equal(
            (ServiceStatus.Reserved, "Reserved - IANA"), (Row("", "Reserved - IANA")!.Status, Row("", "Reserved - IANA")!.Description));
        Assert.Equal(ServiceStatus.Reserved, Row("", "De-registered")!.Status);
        Assert.Equal(ServiceStatus.Unassigned, Row("", "Unassigned [was netstat]")!.Status);
        Assert.Equal(ServiceStatus.Unassigned, Row("", "(unassigned) Possibly assigned")!.Status);
        Assert.Equal(ServiceStatus.Assigned, Row("", "any private mail system")!.Status);
        Assert.Equal(ServiceStatus.Assigned, Row("reserved-name", "Reserved")!.Status);

        static RegistryRow? Row(string name, string description)
            => RegistryRow.From(
                new PortRange(new PortNumber(5), new PortNumber(5)), TransportProtocol.Tcp, name, description, string.Empty);
    }
}
