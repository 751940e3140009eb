using System.Text;
using Portolan.Model.Registry;

namespace Portolan.Tests.Model.Registry;

/// <summary>Small files in the form in which IANA publishes its registry.</summary>
internal static class IanaFiles
{
    public const string Header =
        "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,Modification Date,Reference,Service "
            + "Code,Unauthorized Use Reported,Assignment Notes\n";

    public const string Csv = Header +
        """
        ,0,tcp,Reserved,,,,2024-12-20,[RFC6335],,,
        ,4,tcp,Unassigned,,,,,,,,
        whoispp,63,tcp,"whois++
        IANA assigned this well-formed service name as a replacement for ""whois++"".",[A_Person],[A_Person],,,,,,
        whois++,63,tcp,whois++,[A_Person],[A_Person],,,,,,"This entry is an alias to ""whoispp"".
        This entry is now historic, not usable for use with many
        common service discovery mechanisms."
        http,80,tcp,World Wide Web HTTP,[IESG],[IETF_Chair],,2021-10-01,[RFC9110],,,Defined TXT keys: u=<username>
        http,80,udp,World Wide Web HTTP,[IESG],[IETF_Chair],,2021-10-01,[RFC9110],,,
        www,80,tcp,World Wide Web HTTP,[IESG],[IETF_Chair],,2021-10-01,[RFC9110],,,
        ,81,,Unassigned,,,,,,,,
        ,225-241,,Reserved,[Jon_Postel],[Jon_Postel],,,,,,
        boe-cms,6400,,Business Objects CMS contact port,[A_Person],[A_Person],,,,,,
        x11,6000-6063,tcp,X Window System,[A_Person],[A_Person],,,,,Known Unauthorized Use on port 6003,
        airplay,,tcp,"Name only, without a port",[A_Person],[A_Person],2005-01-01,,,,,
        epp,700,tcp,Extensible Provisioning Protocol,[IESG],[IETF_Chair],,2025-02-13,"[RFC5734][RFC9999, Section 4][A_Person]",,,

        """;

    public const string Xml =
        """
        <?xml version='1.0' encoding='UTF-8'?>
        <?xml-stylesheet type="text/xsl" href="service-names-port-numbers.xsl"?>
        <registry xmlns="http://www.iana.org/assignments" id="service-names-port-numbers">
          <title>Service Name and Transport Protocol Port Number Registry</title>
          <updated>2025-02-13</updated>
          <xref type="rfc" data="rfc6335"/>
          <note>Described in <xref type="rfc" data="rfc6335"/>.</note>
          <record updated="2024-12-20">
            <protocol>tcp</protocol>
            <description>Reserved</description>
            <number>0</number>
            <xref type="rfc" data="rfc6335"/>
          </record>
          <record><protocol>tcp</protocol><description>Unassigned</description><number>4</number></record>
          <record>
            <name>whoispp</name><protocol>tcp</protocol><xref type="person" data="A_Person"/>
            <description>whois++
        IANA assigned this well-formed service name as a replacement for "whois++".</description>
            <number>63</number>
          </record>
          <record><name>whois++</name><protocol>tcp</protocol><description>whois++</description><number>63</number><note>An alias, see <xref type="rfc" data="rfc6335"/></note></record>
          <record><name>http</name><protocol>tcp</protocol><xref type="person" data="IETF_Chair"/><xref type="rfc" data="rfc9110"/><description>World Wide Web HTTP</description><number>80</number></record>
          <record><name>http</name><protocol>udp</protocol><xref type="rfc" data="rfc9110"/><description>World Wide Web HTTP</description><number>80</number></record>
          <record><name>www</name><protocol>tcp</protocol><xref type="rfc" data="rfc9110"/><description>World Wide Web HTTP</description><number>80</number></record>
          <record><description>Unassigned</description><number>81</number></record>
          <record><description>Reserved</description><number>225-241</number></record>
          <record><name>boe-cms</name><description>Business Objects CMS contact port</description><number>6400</number></record>
          <record><name>x11</name><protocol>tcp</protocol><description>X Window System</description><number>6000-6063</number></record>
          <record date="2005-01-01"><name>airplay</name><protocol>tcp</protocol><description>Name only, without a port</description></record>
          <record><name>epp</name><protocol>tcp</protocol><assignee><xref type="person" data="IESG"/></assignee><xref type="rfc" data="rfc5734"/><xref type="rfc" data="rfc9999">RFC9999, Section 4</xref><xref type="person" data="A_Person"/><description>Extensible Provisioning Protocol</description><number>700</number></record>
          <people><person id="A_Person"><name>A Person</name></person></people>
        </registry>
        """;

    public static IanaRegistry Read(string text) => IanaRegistry.Read(Encoding.UTF8.GetBytes(text));

    public static ServiceRegistry Registry(string text) => ServiceRegistry.Build(Read(text).Rows, default, out _);

    /// <summary>A file around one row, which is its second line.</summary>
    public static string CsvWith(string row) => Header + row + "\n";

    /// <summary>A file around one record, which is its second line.</summary>
    public static string XmlWith(string record) =>
        $"<registry xmlns=\"http://www.iana.org/assignments\" id=\"service-names-port-numbers\">\n{record}\n</registry>\n";
}
