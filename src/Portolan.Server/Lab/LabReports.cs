using System.Reflection;
using System.Text;
using System.Text.Json;
using Portolan.Lab.Scoring;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Writing;
using Portolan.Lab.Truth;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;

namespace Portolan.Server.Lab;

/// <summary>The commands of a lab that run nothing: they read, and print.</summary>
internal static class LabReports
{
    internal static ExitCode Write(LabInvocation invocation, ServerStreams streams) => invocation.Action switch
    {
        LabAction.List => List(invocation, streams),
        LabAction.Show => Show(invocation, streams),
        LabAction.Truth => Truth(invocation, streams),
        LabAction.Score => Score(invocation, streams),
        _ => throw new ArgumentOutOfRangeException(nameof(invocation)),
    };

    private static ExitCode List(LabInvocation invocation, ServerStreams streams)
    {
        var labs = LabLibrary.Names.Select(LabLibrary.Load).ToList();
        if (invocation.Json)
        {
            WriteDocument(streams, json =>
            {
                json.WriteString("schema"u8, "portolan.labs/1"u8);
                json.WriteStartArray("labs"u8);
                labs.ForEach(lab => WriteLab(json, lab));
                json.WriteEndArray();
            });
            return ExitCode.Success;
        }

        foreach (var line in LabTable.Lines(labs, streams.Columns ?? int.MaxValue))
        {
            streams.Output.WriteLine(line);
        }

        return ExitCode.Success;
    }

    private static void WriteLab(Utf8JsonWriter json, LabTopology lab)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, lab.Name);
        json.WriteString("description"u8, lab.Description);
        json.WriteNumber("hosts"u8, TopologyText.HostCount(lab));
        json.WriteStartArray("networks"u8);
        foreach (var prefix in lab.Networks.SelectMany(static n => n.Prefixes))
        {
            json.WriteStringValue(prefix.ToMachineText());
        }

        json.WriteEndArray();
        json.WriteString("scenario"u8, lab.Scenario);
        json.WriteEndObject();
    }

    private static ExitCode Show(LabInvocation invocation, ServerStreams streams)
    {
        var topology = LabLibrary.Load(invocation.Topology!);
        if (invocation.Json)
        {
            using (var json = new Utf8JsonWriter(streams.Bytes, new JsonWriterOptions { Indented = true }))
            {
                TopologyJson.Write(json, topology);
            }

            streams.Bytes.WriteByte((byte)'\n');
        }
        else if (invocation.Yaml)
        {
            streams.Bytes.Write(Encoding.UTF8.GetBytes(LabLibrary.ReadText(invocation.Topology!)));
        }
        else
        {
            TopologyText.Write(streams.Output, topology, streams.Columns);
        }

        return ExitCode.Success;
    }

    private static ExitCode Truth(LabInvocation invocation, ServerStreams streams)
    {
        var topology = LabLibrary.Load(invocation.Topology!);
        var (tcp, udp) = ScannedPorts.Read(invocation.Ports);
        var options = new TruthOptions
        {
            TcpPorts = tcp,
            UdpPorts = udp,
            Arguments = ["portolan", .. invocation.ToWords()],
            Version = typeof(LabReports).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split(
                '+')[0] ?? "0",
            Time = TimeProvider.System.GetUtcNow(),
        };
        if (invocation.Xml)
        {
            TruthWriter.WriteXml(topology, streams.Bytes, options);
        }
        else if (invocation.Json)
        {
            TruthWriter.WriteJson(topology, streams.Bytes, options);
        }
        else
        {
            TruthTable.Write(topology, streams.Output, options, streams.Columns ?? int.MaxValue);
        }

        return ExitCode.Success;
    }

    private static ExitCode Score(LabInvocation invocation, ServerStreams streams)
    {
        var topology = LabLibrary.Load(invocation.Topology!);
        var (tcp, udp) = ScannedPorts.Read(invocation.Ports);
        using var result = Open(invocation.Result!);
        var score = LabScorer.Score(topology, result, new ScoreOptions
        {
            File = invocation.Result!,
            Targets = invocation.Targets?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
            TcpPorts = tcp,
            UdpPorts = udp,
        });
        if (invocation.Json)
        {
            ScoreJson.Write(score, topology.Name, streams.Bytes);
        }
        else
        {
            ScoreText.Write(score, topology.Name, streams.Output, streams.Columns ?? int.MaxValue);
        }

        return score.WrongStates == 0 ? ExitCode.Success : ExitCode.NothingFound;
    }

    private static BoundedStream Open(string file)
    {
        try
        {
            return BoundedStream.Open(file, InputLimit.Result);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"the result cannot be read: {NamedFile.WhyNot(exception, file)}", $"give the scanner's output file", ExitCode.Usage,
                exception);
        }
    }

    private static void WriteDocument(ServerStreams streams, Action<Utf8JsonWriter> writeMembers)
    {
        using (var json = new Utf8JsonWriter(streams.Bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }

        streams.Bytes.WriteByte((byte)'\n');
    }
}
