/* One gradient step of PPO on an actor and a critic with two hidden layers of tanh, discrete
   actions: forward, clipped loss, backward, clipping to a norm, Adam. Plain loops, row major. */
#include <math.h>
#include <string.h>

enum { LAYERS = 3 };

typedef struct {
    int below, above;
    float *weight, *bias, *weight_slope, *bias_slope;
} Layer;

int parameters(int inputs, int width, int actions) {
    int hidden = inputs * width + width + width * width + width;
    return 2 * hidden + width * actions + actions + width + 1;
}

static int laid_out(Layer *layers, int inputs, int width, int outputs, float *p, float *g) {
    int sizes[LAYERS + 1] = {inputs, width, width, outputs}, place = 0;
    for (int l = 0; l < LAYERS; l++) {
        int n = sizes[l] * sizes[l + 1];
        layers[l] = (Layer){sizes[l], sizes[l + 1], p + place, p + place + n, g + place,
                            g + place + n};
        place += n + sizes[l + 1];
    }
    return place;
}

/* Weights lie (below, above), so that the innermost loop runs along them. */
static void forward(const Layer *layer, int batch, const float *restrict in, float *restrict out,
                    int bent) {
    int below = layer->below, above = layer->above;
    for (int b = 0; b < batch; b++) {
        float *restrict row = out + b * above;
        memcpy(row, layer->bias, sizeof(float) * above);
        for (int i = 0; i < below; i++) {
            float x = in[b * below + i];
            const float *restrict weight = layer->weight + i * above;
            for (int j = 0; j < above; j++) row[j] += x * weight[j];
        }
        if (bent)
            for (int j = 0; j < above; j++) row[j] = tanhf(row[j]);
    }
}

static void backward(const Layer *layer, int batch, const float *restrict in,
                     const float *restrict delta, float *restrict below_delta) {
    int below = layer->below, above = layer->above;
    memset(layer->weight_slope, 0, sizeof(float) * below * above);
    memset(layer->bias_slope, 0, sizeof(float) * above);
    for (int b = 0; b < batch; b++) {
        const float *restrict d = delta + b * above;
        for (int j = 0; j < above; j++) layer->bias_slope[j] += d[j];
        for (int i = 0; i < below; i++) {
            float x = in[b * below + i], sum = 0;
            float *restrict slope = layer->weight_slope + i * above;
            const float *restrict weight = layer->weight + i * above;
            for (int j = 0; j < above; j++) slope[j] += x * d[j];
            if (below_delta) {
                for (int j = 0; j < above; j++) sum += weight[j] * d[j];
                below_delta[b * below + i] = sum * (1 - x * x);
            }
        }
    }
}

static void adam(int n, float *restrict p, const float *restrict g, float *restrict m,
                 float *restrict v, float share, int step) {
    float rate = 3e-4f / (1 - powf(0.9f, step)), scale = 1 / sqrtf(1 - powf(0.999f, step));
    for (int i = 0; i < n; i++) {
        float slope = share * g[i];
        m[i] += 0.1f * (slope - m[i]);
        v[i] = 0.999f * v[i] + 0.001f * slope * slope;
        p[i] -= rate * m[i] / (scale * sqrtf(v[i]) + 1e-5f);
    }
}

/* scratch holds 8 * batch * width floats; gains and returns batch each. */
void steps(int count, int batch, int inputs, int width, int actions, float *p, float *g, float *m,
           float *v, float *in, float *gains, float *returns, float *scratch, int *chosen) {
    Layer actor[LAYERS], critic[LAYERS];
    int half = laid_out(actor, inputs, width, actions, p, g), block = batch * width;
    int n = half + laid_out(critic, inputs, width, 1, p + half, g + half);
    float *one = scratch, *two = one + block, *three = two + block, *four = three + block;
    float *delta = four + block, *lower = delta + block, *out = lower + block, *value = out + block;
    for (int step = 1; step <= count; step++) {
        forward(actor, batch, in, one, 1);
        forward(actor + 1, batch, one, two, 1);
        forward(actor + 2, batch, two, out, 0);
        forward(critic, batch, in, three, 1);
        forward(critic + 1, batch, three, four, 1);
        forward(critic + 2, batch, four, value, 0);
        float mean = 0, square = 0;
        for (int b = 0; b < batch; b++) mean += gains[b];
        mean /= batch;
        for (int b = 0; b < batch; b++) square += (gains[b] - mean) * (gains[b] - mean);
        float spread = sqrtf(square / (batch - 1)) + 1e-8f;
        for (int b = 0; b < batch; b++) {
            float *row = out + b * actions, most = row[0], sum = 0;
            for (int j = 1; j < actions; j++) most = fmaxf(most, row[j]);
            for (int j = 0; j < actions; j++) sum += expf(row[j] - most);
            float log_prob = row[chosen[b]] - most - logf(sum);
            float ratio = expf(log_prob + 0.6931472f), gain = (gains[b] - mean) / spread;
            float bounded = gain * fminf(fmaxf(ratio, 0.8f), 1.2f);
            float slope = gain * ratio <= bounded ? -gain * ratio / batch : 0;
            for (int j = 0; j < actions; j++)
                row[j] = slope * ((j == chosen[b]) - expf(row[j] - most) / sum);
            value[b] = (value[b] - returns[b]) / batch;
        }
        backward(actor + 2, batch, two, out, delta);
        backward(actor + 1, batch, one, delta, lower);
        backward(actor, batch, in, lower, 0);
        backward(critic + 2, batch, four, value, delta);
        backward(critic + 1, batch, three, delta, lower);
        backward(critic, batch, in, lower, 0);
        float norm = 0;
        for (int i = 0; i < n; i++) norm += g[i] * g[i];
        float share = 0.5f / (sqrtf(norm) + 1e-6f);
        adam(n, p, g, m, v, share < 1 ? share : 1, step);
    }
}
