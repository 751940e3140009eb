namespace Portolan.Tests.Watch;

/// <summary>Charts as <c>portolan --json</c> writes them, with the fields that are compared.</summary>
internal static class ChartTexts
{
    public static string Chart(params string[] rows) =>
        "{\"schema\": \"portolan.chart/1\", \"takenAt\": \"2026-11-20T00:00:00Z\", \"host\": \"web-3\", \"complete\": true, "
        + $"\"missing\": [], \"ports\": [{string.Join(',', rows)}], \"unseenNamespaces\": 0}}";

    public static string Row(
        int port, string owner = "nginx", string bind = "127.0.0.1", string exposure = "local", string? rule = null,
        string kind = "process", string? space = null) =>
        $"{{\"port\": {port}, \"protocol\": \"tcp\", \"binds\": [{{\"address\": \"{bind}\", \"interface\": null}}], "
        + $"\"owner\": {{\"kind\": \"{kind}\", \"name\": \"{owner}\"}}, \"exposure\": \"{exposure}\", "
        + $"\"verdict\": {{\"summary\": null, \"rule\": {Quoted(rule)}}}, \"namespace\": {Quoted(space)}}}";

    private static string Quoted(string? text) => text is null ? "null" : $"\"{text}\"";
}
