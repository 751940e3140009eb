using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;
using Portolan.Transport.Links;

namespace LossyKestrel;

/// <summary>
/// Kestrel and HttpClient in one process, each in a TCP/IP stack of its own, over a link that loses 5 % of all packets. No socket is
/// opened.
/// </summary>
public static class Sample
{
    /// <summary>Runs it.</summary>
    public static async Task RunAsync(TextWriter output)
    {
        // A network in memory. Each direction loses 5 %, takes 10 ms, and now and then lets packets overtake each other.
        await using var network = new MemoryNetwork(new MemoryNetworkOptions
        {
            Seed = 42,
            Faults = new FaultProfile { Loss = 0.05, Delay = TimeSpan.FromMilliseconds(10), Reordering = 0.02 },
        });
        var server = network.AddStack("server", "198.18.0.1/24", "2001:db8::1/64");
        var client = network.AddStack("client", "198.18.0.2/24", "2001:db8::2/64");

        // Kestrel as always, but for one line.
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UsePortolan(server);
        builder.WebHost.UseUrls("http://*:80");
        await using var app = builder.Build();
        app.Run(static async context =>
        {
            if (HttpMethods.IsPost(context.Request.Method))
            {
                var hash = await SHA256.HashDataAsync(context.Request.Body, context.RequestAborted);
                await context.Response.WriteAsync(Convert.ToHexString(hash));
            }
            else
            {
                await context.Response.WriteAsync($"hello {context.Connection.RemoteIpAddress}");
            }
        });
        await app.StartAsync();

        // HttpClient as always, but for its handler. The network knows its stacks by name.
        using var http = new HttpClient(client.CreateHttpHandler());
        await output.WriteLineAsync(await http.GetStringAsync(new Uri("http://server/")));
        await output.WriteLineAsync(await http.GetStringAsync(new Uri("http://198.18.0.1/")));
        var upload = RandomNumberGenerator.GetBytes(1_000_000);
        using var content = new ByteArrayContent(upload);
        using var response = await http.PostAsync(new Uri("http://server/"), content);
        var isWhole = await response.Content.ReadAsStringAsync() == Convert.ToHexString(SHA256.HashData(upload));
        await output.WriteLineAsync($"1,000,000 bytes uploaded, {(isWhole ? "whole" : "damaged")}");

        // Who wonders what it took can ask.
        var statistics = client.GetStatistics();
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{statistics.SegmentsSent} segments sent, {statistics.Retransmissions} of them again"));
    }
}
