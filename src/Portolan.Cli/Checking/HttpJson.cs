using System.Text.Json;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>The facts of a request and its answer.</summary>
internal static class HttpJson
{
    public static void Write(Utf8JsonWriter json, HttpStep step)
    {
        json.WriteString("method"u8, "GET"u8);
        json.WriteString("url"u8, step.Url);
        if (step.Response is not { } answer)
        {
            json.WriteNull("response"u8);
            return;
        }

        json.WriteStartObject("response"u8);
        json.WriteNumber("status"u8, answer.Status);
        json.WriteString("reason"u8, answer.Reason);
        json.WriteString("version"u8, answer.Version);
        CheckJson.WriteMilliseconds(json, "answeredAfterMilliseconds"u8, answer.FirstAnswer);
        json.WriteString("server"u8, answer.Server);
        json.WriteString("contentType"u8, answer.ContentType);
        if (answer.ContentLength is { } declared)
        {
            json.WriteNumber("contentLength"u8, declared);
        }
        else
        {
            json.WriteNull("contentLength"u8);
        }

        json.WriteString("location"u8, answer.Location);
        json.WriteNumber("bodyLength"u8, answer.BodyLength);
        json.WriteString("bodyEnding"u8, answer.BodyEnding.Name());
        if (answer.BodyLimit is { } limit)
        {
            json.WriteNumber("bodyLimit"u8, limit);
        }
        else
        {
            json.WriteNull("bodyLimit"u8);
        }

        json.WriteEndObject();
    }
}
