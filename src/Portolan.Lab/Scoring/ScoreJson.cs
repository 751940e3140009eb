using System.Text.Json;

namespace Portolan.Lab.Scoring;

/// <summary>Writes a score as <c>portolan.score/1</c>, described in <c>docs/schema/portolan.score-1.json</c>.</summary>
public static class ScoreJson
{
    /// <summary>Writes the document and a line feed.</summary>
    /// <param name="score">The score.</param>
    /// <param name="lab">The lab's name.</param>
    /// <param name="output">Where to; stays the caller's.</param>
    public static void Write(LabScore score, string lab, Stream output)
    {
        ArgumentNullException.ThrowIfNull(score);
        ArgumentNullException.ThrowIfNull(output);
        using (var json = new Utf8JsonWriter(output))
        {
            Write(score, lab, json);
        }

        output.WriteByte((byte)'\n');
    }

    private static void Write(LabScore score, string lab, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("schema"u8, "portolan.score/1"u8);
        json.WriteString("lab"u8, lab);
        json.WriteString("format"u8, score.Format);
        json.WriteNumber("precision"u8, Math.Round((decimal)score.Precision, 9));
        json.WriteNumber("recall"u8, Math.Round((decimal)score.Recall, 9));
        json.WriteNumber("wrongStates"u8, score.WrongStates);
        json.WriteNumber("hostsJudged"u8, score.HostsJudged);
        json.WriteNumber("portsJudged"u8, score.PortsJudged);
        json.WriteNumber("portsVarying"u8, score.PortsVarying);
        json.WriteStartObject("open"u8);
        json.WriteNumber("found"u8, score.OpenFound);
        json.WriteNumber("false"u8, score.OpenFalse);
        json.WriteNumber("missed"u8, score.OpenMissed);
        json.WriteEndObject();
        json.WriteStartArray("hosts"u8);
        foreach (var host in score.Hosts)
        {
            Write(host, json);
        }

        json.WriteEndArray();
        json.WriteNumber("hostsNotListed"u8, score.HostsNotListed);
        json.WriteStartArray("notes"u8);
        foreach (var note in score.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(HostScore host, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("address"u8, host.Address.ToString());
        json.WriteString("name"u8, host.Name);
        json.WriteStartArray("wrong"u8);
        foreach (var wrong in host.Wrong)
        {
            json.WriteStartObject();
            json.WriteString("protocol"u8, wrong.Protocol.Name());
            json.WriteString("ports"u8, wrong.Ports.ToString());
            json.WriteString("expected"u8, wrong.Expected.Name());
            json.WriteString("found"u8, wrong.Found == PortState.Unknown ? null : wrong.Found.Name());
            json.WriteString("why"u8, wrong.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
