using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Portolan.EndToEnd.Tests.Documents;

/// <summary>
/// Examples of the documentation of members as a program that compiles: a method for each, with what an example uses and does not
/// declare.
/// </summary>
internal static class ExampleProgram
{
    private const string Usings = """
        using System.Net;
        using Microsoft.AspNetCore.Builder;
        using Microsoft.AspNetCore.Hosting;
        using Portolan.Lab.Running.Wire;
        using Portolan.Lab.Testing;
        using Portolan.Lab.Topology;
        using Portolan.Packets.Links;
        using Portolan.Transport;
        using Portolan.Transport.AspNetCore;
        using Portolan.Transport.Ip;
        using Portolan.Transport.Links;
        using Portolan.Transport.Tcp;
        using Portolan.Transport.Testing;

        """;

    /// <summary>What examples call the things that are there, with their types.</summary>
    private static readonly (string Name, string Type)[] Given =
    [
        ("stack", "NetworkStack"), ("link", "IPacketLink"), ("eth0", "IpInterface"), ("network", "MemoryNetwork"),
        ("acceptor", "TcpAcceptor"), ("stream", "TcpStream"), ("socket", "UdpEndpoint"), ("world", "SimWorld"), ("client", "SimHost"),
        ("server", "SimHost"), ("cable", "SimCable"), ("builder", "WebApplicationBuilder"), ("lab", "TestLab"), ("topology", "LabTopology"),
    ];

    /// <summary>The program.</summary>
    public static string Of(IReadOnlyList<string> examples)
    {
        var program = new StringBuilder(Usings).AppendLine("static class Examples").AppendLine("{").AppendLine("static void Main() { }");
        foreach (var (number, example) in examples.Index())
        {
            var given = Given.Where(g => !Regex.IsMatch(example, $@"\bvar (\([^)]*)?{g.Name}\b")).Select(static g => $"{g.Type} {g.Name}");
            program.AppendLine(
                CultureInfo.InvariantCulture, $"static async Task Example{number}({string.Join(", ", given)})\n{{\n{example}\n}}");
        }

        return program.AppendLine("}").ToString();
    }
}
