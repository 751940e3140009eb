namespace Portolan.Lab.Services.Chat;

/// <summary>Channels, and what is said in them and to others (RFC 2812 sections 3.2 and 3.3).</summary>
internal sealed partial class IrcSession
{
    private const int MaxChannelsOfOne = 20;

    private void Join(string channel)
    {
        if (channel.Length is < 2 or > 50 || channel[0] != '#' || channel.Any(static c => c is <= ' ' or ',' or ':')
            || _channels.Count >= MaxChannelsOfOne)
        {
            Tell(
                _channels.Count >= MaxChannelsOfOne ? "405" : "403",
                $"{new string([.. channel.Take(50).Where(static c => c > ' ')])} :No such channel");
        }
        else if (hub.TryJoin(client, channel))
        {
            _channels.Add(channel);
            foreach (var member in hub.Members(channel))
            {
                member.Send($":{client.Mask} JOIN {channel}");
            }

            if (hub.Topic(channel) is { Length: > 0 } topic)
            {
                Tell("332", $"{channel} :{topic}");
            }

            Names(channel);
        }
    }

    private void Part(string channel, string why)
    {
        var members = hub.Members(channel);
        if (!hub.Leave(client, channel))
        {
            Tell("442", $"{channel} :You're not on that channel");
            return;
        }

        _channels.Remove(channel);
        foreach (var member in members)
        {
            member.Send($":{client.Mask} PART {channel} :{why}");
        }
    }

    private void Say(string verb, string target, string text)
    {
        if (text.Length == 0)
        {
            Tell("412", ":No text to send");
        }
        else if (target.StartsWith('#') && !_channels.Contains(target))
        {
            Tell("404", $"{target} :Cannot send to channel");
        }
        else if (target.StartsWith('#'))
        {
            foreach (var member in hub.Members(target).Where(m => m != client))
            {
                member.Send($":{client.Mask} {verb} {target} :{text}");
            }
        }
        else if (hub.Find(target) is { } other)
        {
            other.Send($":{client.Mask} {verb} {other.Nick} :{text}");
        }
        else
        {
            Tell("401", $"{target} :No such nick/channel");
        }
    }

    private void Topic(List<string> words)
    {
        var channel = Word(words, 0);
        if (words.Count > 1 && _channels.Contains(channel))
        {
            hub.Topic(channel, words[1]);
            foreach (var member in hub.Members(channel))
            {
                member.Send($":{client.Mask} TOPIC {channel} :{words[1]}");
            }
        }
        else
        {
            Tell(
                hub.Topic(channel).Length > 0 ? "332" : "331",
                $"{channel} :{(hub.Topic(channel) is { Length: > 0 } topic ? topic : "No topic is set")}");
        }
    }

    private void Names(string channel)
    {
        Tell("353", $"= {channel} :{string.Join(' ', hub.Members(channel).Select(static m => m.Nick))}");
        Tell("366", $"{channel} :End of /NAMES list");
    }
}
